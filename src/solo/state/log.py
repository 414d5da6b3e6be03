"""The debug log: lines in the database, the oldest dropped."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from . import db

LEVELS = ('TRACE', 'DEBUG', 'INFO', 'WARNING', 'ERROR', 'CRITICAL')
_KEPT = 200_000


def append(
    tx: db.Transaction, model: int, entity: str, level: str, module: str, message: str, now: float
) -> None:
    """Add a line; now and then drop what is older than the newest 200,000."""
    row = tx.insert(
        'log', model=model, time=now, entity=entity, level=level, module=module, message=message
    )
    if row % 5_000 == 0:
        tx.execute('DELETE FROM log WHERE id <= ?', row - _KEPT)


def read(
    tx: db.Transaction,
    model: int,
    *,
    after: int = 0,
    last: int | None = None,
    level: str = 'TRACE',
    include: Sequence[str] = (),
    exclude: Sequence[str] = (),
    include_module: Sequence[str] = (),
    exclude_module: Sequence[str] = (),
) -> list[sqlite3.Row]:
    """Return lines, oldest first.

    Args:
        after: Only lines with a greater id.
        last: Only the newest so many of those that fit, None for all.
        level: The least severe to show.
        include: Entities (``unit-app-0`` or ``app/0``, ``*`` matches anything); none means all.
        include_module: Modules with which a line's begins.
    """
    allowed = LEVELS[LEVELS.index(level) :]
    rows = tx.execute(
        f'SELECT * FROM log WHERE model = ? AND id > ? AND level IN'
        f' ({", ".join("?" * len(allowed))}) ORDER BY id DESC',
        model,
        after,
        *allowed,
    )
    found: list[sqlite3.Row] = []
    for row in rows:
        if last is not None and len(found) >= last:
            break
        if include and not any(_matches(row['entity'], name) for name in include):
            continue
        if any(_matches(row['entity'], name) for name in exclude):
            continue
        if include_module and not row['module'].startswith(tuple(include_module)):
            continue
        if exclude_module and row['module'].startswith(tuple(exclude_module)):
            continue
        found.append(row)
    found.reverse()
    return found


def _matches(entity: str, name: str) -> bool:
    import fnmatch

    tag = name if name.startswith(('unit-', 'machine-')) else f'unit-{name.replace("/", "-")}'
    return fnmatch.fnmatch(entity, tag)
