"""Operations and their tasks: actions, and commands run by an operator."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any

from .. import errors, formats, model
from ..charm import metadata
from . import charms, db, units


def enqueue(
    tx: db.Transaction,
    model_row: int,
    summary: str,
    receivers: Sequence[tuple[sqlite3.Row | None, str]],
    name: str,
    params: Mapping[str, Any],
    *,
    now: float,
) -> tuple[int, list[tuple[int, str]]]:
    """Add an operation with one task for each receiver.

    Args:
        receivers: Unit rows with their names; None for a machine, which no agent serves.
        name: The action's name, or ``juju-exec``.
        params: Checked already (see :func:`check`).

    Returns:
        The operation's number, and number and receiver of each task: one counter, from 1.
    """
    number = db.sequence(tx, model_row, 'operation') + 1
    operation = tx.insert(
        'operation', model=model_row, number=number, summary=summary, enqueued=now
    )
    tasks: list[tuple[int, str]] = []
    for unit, receiver in receivers:
        task = db.sequence(tx, model_row, 'operation') + 1
        tx.insert(
            'task',
            model=model_row,
            number=task,
            operation=operation,
            unit=None if unit is None else unit['id'],
            receiver=receiver,
            name=name,
            params=json.dumps(dict(params)),
            enqueued=now,
        )
        tasks.append((task, receiver))
        tx.wake(None if unit is None else unit['id'])
    return number, tasks


def check(
    tx: db.Transaction, unit: sqlite3.Row, name: str, params: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the parameters with the defaults of the unit's charm filled in.

    Raises:
        Error: If the charm has no such action, or they violate its schema.
    """
    action = charms.get(tx, unit['charm']).action(name)
    if action is None:
        raise errors.Error(f'action "{name}" not defined for unit "{unit["name"]}".', 'not found')
    return metadata.validate_params(action, params)


def task(tx: db.Transaction, row: int) -> model.Task:
    """Return the task with that row.

    Raises:
        Error: If it isn't there.
    """
    found = tx.one(
        'SELECT t.*, o.number AS operation_number FROM task t JOIN operation o'
        ' ON o.id = t.operation WHERE t.id = ?',
        row,
    )
    if found is None:
        raise errors.Error(f'task {row} not found', 'not found')
    return model.Task(
        id=found['number'],
        operation=found['operation_number'],
        unit=found['receiver'],
        name=found['name'],
        params=json.loads(found['params']),
        status=found['status'],
    )


def pending(tx: db.Transaction, unit: int) -> tuple[int, ...]:
    """Return the rows of the tasks that wait for the unit, oldest first."""
    return tuple(
        row['id']
        for row in tx.all(
            "SELECT id FROM task WHERE unit = ? AND status = 'pending' ORDER BY id", unit
        )
    )


def log(tx: db.Transaction, row: int, message: str, *, now: float) -> None:
    """Add a line to the task's log."""
    lines = json.loads(tx.value('SELECT log FROM task WHERE id = ?', row) or '[]')
    lines.append(f'{formats.go_time(now)} {message}')
    tx.update('task', row, log=json.dumps(lines))


def finish(
    tx: db.Transaction,
    row: int,
    status: str,
    message: str,
    results: Mapping[str, Any],
    *,
    now: float,
) -> None:
    """Store the outcome."""
    tx.update(
        'task',
        row,
        status=status,
        message=message,
        results=json.dumps(dict(results)),
        completed=now,
    )


def shown(tx: db.Transaction, model_row: int, number: int) -> dict[str, Any]:
    """Return a task as ``juju run --format json`` prints it (contract 4.3)."""
    row = tx.one('SELECT * FROM task WHERE model = ? AND number = ?', model_row, number)
    if row is None:
        raise errors.Error(f'task "{number}" not found', 'not found')
    timing = {
        name: formats.go_time(row[name])
        for name in ('enqueued', 'started', 'completed')
        if row[name] is not None
    }
    found: dict[str, Any] = {'id': str(number), 'status': row['status'], 'timing': timing}
    for name in ('log', 'results'):
        value = json.loads(row[name])
        if value:
            found[name] = value
    if row['message']:
        found['message'] = row['message']
    found['unit' if '/' in row['receiver'] else 'machine'] = row['receiver']
    return found


def receiver_units(tx: db.Transaction, model_row: int, names: Sequence[str]) -> list[sqlite3.Row]:
    """Return the rows of units named ``app/0`` or ``app/leader``."""
    return [units.resolve(tx, model_row, name) for name in names]
