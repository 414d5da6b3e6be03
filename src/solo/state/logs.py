"""The debug log: lines in the database, the oldest dropped.

Source: juju: cmd/juju/commands/debuglog.go, apiserver/debuglog.go.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import NamedTuple

from .. import names
from . import db

_KEPT = 200_000  # lines
_LEVELS = ('TRACE', 'DEBUG', 'INFO', 'WARNING', 'ERROR', 'CRITICAL')


class Filter(NamedTuple):
    """Which records are wanted; empty means all."""

    level: str = ''
    include: Sequence[str] = ()
    exclude: Sequence[str] = ()
    include_module: Sequence[str] = ()
    exclude_module: Sequence[str] = ()


def append(
    tx: db.Transaction, model: int, entity: str, level: str, module: str, message: str, now: float
) -> None:
    """Add a line; now and then drop what is older than the newest 200,000."""
    row = tx.insert(
        'log', model=model, time=now, entity=entity, level=level, module=module, message=message
    )
    if row % 5_000 == 0:
        tx.execute('DELETE FROM log WHERE id <= ?', row - _KEPT)


def last(tx: db.Transaction, model: int, wanted: Filter, count: int) -> list[sqlite3.Row]:
    """Return the last *count* records in their order; 0 returns all of them."""
    where, args = _where(wanted)
    rows = tx.all(
        f'SELECT * FROM log WHERE model = ?{where} ORDER BY id DESC LIMIT ?',  # ours
        model,
        *args,
        count or -1,
    )
    rows.reverse()
    return rows


def after(
    tx: db.Transaction, model: int, wanted: Filter, row: int, most: int = 1000
) -> list[sqlite3.Row]:
    """Return at most *most* records that came after the one with row id *row*."""
    where, args = _where(wanted)
    return tx.all(
        f'SELECT * FROM log WHERE model = ? AND id > ?{where} ORDER BY id LIMIT ?',  # ours
        model,
        row,
        *args,
        most,
    )


def entity(text: str) -> str:
    """Return the pattern for an entity as it was named: ``pg/0``, ``pg``, ``0``, ``unit-pg-*``."""
    if names.is_unit(text):
        return names.unit(text).tag
    if text[:1].isdigit():
        return f'machine-{text.replace("/", "-")}'
    if '*' in text or text.startswith(('unit-', 'machine-')):
        return text
    return f'unit-{text}-[0-9]*'


def _where(wanted: Filter) -> tuple[str, list[str]]:
    clauses: list[str] = []
    args: list[str] = []
    if wanted.level in _LEVELS:
        levels = _LEVELS[_LEVELS.index(wanted.level) :]
        clauses.append(f'level IN ({", ".join("?" * len(levels))})')
        args += levels
    for column, patterns, negate in (
        ('entity', [entity(text) for text in wanted.include], False),
        ('entity', [entity(text) for text in wanted.exclude], True),
        ('module', [f'{text}*' for text in wanted.include_module], False),
        ('module', [f'{text}*' for text in wanted.exclude_module], True),
    ):
        if patterns:
            either = ' OR '.join([f'{column} GLOB ?'] * len(patterns))
            clauses.append(f'{"NOT " if negate else ""}({either})')
            args += patterns
    return ''.join(f' AND {clause}' for clause in clauses), args
