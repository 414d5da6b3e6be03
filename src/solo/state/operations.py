"""Operations and their tasks: actions, and commands run by an operator."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any

from .. import errors, formats, model
from ..charm import metadata
from . import charms, db, units

CANCELLED = 'action cancelled via the API'  # Juju's word for it
EXEC = 'juju-exec'  # the action that ``exec`` is
RUNNING = frozenset(('pending', 'running', 'aborting'))
# What several ends amount to. Source: juju: state/operation.go (statusCompletedOrder).
_WORST = ('error', 'failed', 'aborted', 'cancelled', 'completed')


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
    params = json.loads(found['params'])
    if found['name'] == EXEC:
        parallel, group = bool(params.get('parallel')), params.get('execution-group') or ''
    else:
        action = charms.get(tx, units.row(tx, found['unit'])['charm']).action(found['name'])
        parallel, group = (action.parallel, action.execution_group) if action else (False, '')
    return model.Task(
        id=found['number'],
        operation=found['operation_number'],
        unit=found['receiver'],
        name=found['name'],
        params=params,
        status=found['status'],
        parallel=parallel,
        group=group,
    )


def start(tx: db.Transaction, row: int, *, now: float) -> bool:
    """Note that the task runs; tell whether it may: False when it was cancelled meanwhile."""
    begun = tx.execute(
        "UPDATE task SET status = 'running', started = ? WHERE id = ? AND status = 'pending'",
        now,
        row,
    )
    return begun.rowcount > 0


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
    """Store the outcome; one that was cancelled stays so, and one that was ended is aborted."""
    before = tx.value('SELECT status FROM task WHERE id = ?', row)
    if before == 'cancelled':
        return
    if before == 'aborting':
        status, message = 'aborted', message or CANCELLED
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


def cancel(tx: db.Transaction, model_row: int, number: int, *, now: float) -> sqlite3.Row:
    """Cancel a task that waits, or mark one that runs for its end; return its row as it was.

    Raises:
        Error: If there is none with that number, or it has ended.
    """
    row = tx.one('SELECT * FROM task WHERE model = ? AND number = ?', model_row, number)
    if row is None:
        raise errors.Error(f'task "{number}" not found', 'not found')
    if row['status'] not in RUNNING:
        raise errors.Error(f'task "{number}" is {row["status"]} already')
    if row['status'] == 'pending':
        finish(tx, row['id'], 'cancelled', CANCELLED, {}, now=now)
        tx.wake(row['unit'])
    else:
        tx.update('task', row['id'], status='aborting')
    return row


def abandoned(tx: db.Transaction, *, now: float) -> None:
    """End the tasks of machines that ran when the controller died: no agent goes on with them."""
    for row in tx.all(
        "SELECT id FROM task WHERE unit IS NULL AND status IN ('pending', 'running', 'aborting')"
    ):
        finish(tx, row['id'], 'failed', 'action terminated', {}, now=now)


def overview(tx: db.Transaction, model_row: int, number: int) -> dict[str, Any]:
    """Return an operation as ``juju show-operation --format json`` prints it.

    Raises:
        Error: ``operation "7" not found``.

    Source: juju: cmd/juju/action/listoperations.go (formatOperationResult).
    """
    operation = tx.one('SELECT * FROM operation WHERE model = ? AND number = ?', model_row, number)
    if operation is None:
        raise errors.Error(f'operation "{number}" not found', 'not found')
    rows = tx.all('SELECT * FROM task WHERE operation = ? ORDER BY number', operation['id'])
    found: dict[str, Any] = {'summary': operation['summary'], 'status': _status(rows)}
    kinds = {(row['name'], row['params']) for row in rows}
    if len(kinds) == 1:
        found['action'] = {
            'name': rows[0]['name'],
            'parameters': json.loads(rows[0]['params']),
        }
    timing = {'enqueued': operation['enqueued'], **_span(rows)}
    found['timing'] = {key: formats.go_time(value) for key, value in timing.items()}
    tasks: dict[str, Any] = {}
    for row in rows:
        told = shown(tx, model_row, row['number'])
        told.pop('id')
        told['host'] = row['receiver']
        for name in ('unit', 'machine'):
            told.pop(name, None)
        if len(kinds) > 1:
            told['name'] = row['name']
        tasks[str(row['number'])] = told
    if tasks:
        found['tasks'] = tasks
    return found


def _status(rows: Sequence[sqlite3.Row]) -> str:
    found = {row['status'] for row in rows}
    if not found:
        return 'error'  # nobody was there to do it
    if found == {'pending'}:
        return 'pending'
    if found & RUNNING:
        return 'running'
    return next(status for status in _WORST if status in found)


def _span(rows: Sequence[sqlite3.Row]) -> dict[str, float]:
    span: dict[str, float] = {}
    started = [row['started'] for row in rows if row['started'] is not None]
    if started:
        span['started'] = min(started)
    if rows and all(row['completed'] is not None for row in rows):
        span['completed'] = max(row['completed'] for row in rows)
    return span


def listed(
    tx: db.Transaction, model_row: int, wanted: Mapping[str, Sequence[str]]
) -> dict[str, dict[str, Any]]:
    """Return the operations that fit, by number, oldest first, as :func:`overview` has them.

    Args:
        wanted: What must fit: ``units``, ``applications`` and ``machines`` (any of them),
            ``actions`` and ``status``; what is empty admits all.
    """
    receivers = {*wanted.get('units', ()), *wanted.get('machines', ())}
    applications = wanted.get('applications', ())
    found: dict[str, dict[str, Any]] = {}
    for row in tx.all('SELECT * FROM operation WHERE model = ? ORDER BY number', model_row):
        rows = tx.all('SELECT * FROM task WHERE operation = ?', row['id'])
        hosts = {task['receiver'] for task in rows}
        if (receivers or applications) and not (
            hosts & receivers or {host.partition('/')[0] for host in hosts} & {*applications}
        ):
            continue
        if wanted.get('actions') and not {task['name'] for task in rows} & {*wanted['actions']}:
            continue
        if wanted.get('status') and _status(rows) not in wanted['status']:
            continue
        found[str(row['number'])] = overview(tx, model_row, row['number'])
    return found
