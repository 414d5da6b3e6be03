"""``exec``: queue a command on units."""

from __future__ import annotations

import sqlite3
import time
from typing import TYPE_CHECKING, Any

from ... import wire
from ...state import applications, machines, models, operations, units
from .. import server
from . import run

if TYPE_CHECKING:
    from ..core import Controller


def handle(controller: Controller, params: wire.Json, emit: server.Emit) -> dict[str, Any]:
    """Add one task for each unit named, of an application named, or of all."""
    del emit
    with controller.database.write() as tx:
        model = models.get(tx, params.get('model', ''))
        named, failures = run.there(
            params.get('units') or (), lambda name: units.resolve(tx, model['id'], name)
        )
        found = {row['id']: row for row in named}
        wanted = [
            applications.find(tx, model['id'], name)['id']
            for name in params.get('applications') or ()
        ]
        for row in tx.all(
            'SELECT u.id, u.application, u.machine FROM unit u'
            ' JOIN application a ON a.id = u.application WHERE a.model = ? ORDER BY u.id',
            model['id'],
        ):
            if row['application'] in wanted:
                found[row['id']] = units.row(tx, row['id'])
        on_machines, missing = run.there(
            params.get('machines') or (), lambda name: machines.find(tx, model['id'], name)
        )
        if params.get('all'):
            on_machines = tx.all('SELECT * FROM machine WHERE model = ?', model['id'])
            found = {}
        receivers: list[tuple[sqlite3.Row | None, str]] = [
            (row, row['name']) for row in found.values()
        ]
        receivers += [(None, machine['name']) for machine in on_machines]
        number, tasks = operations.enqueue(
            tx,
            model['id'],
            f'exec run on {",".join(name for _, name in receivers)}',
            receivers,
            operations.EXEC,
            {
                'command': params['command'],
                'timeout': params.get('timeout') or 0,
                'parallel': params.get('parallel', True),
                'execution-group': params.get('execution_group', ''),
            },
            now=time.time(),
        )
        places = {machine['name']: machine['id'] for machine in on_machines}
        begun = [
            (
                tx.value('SELECT id FROM task WHERE model = ? AND number = ?', model['id'], task),
                places[receiver],
            )
            for task, receiver in tasks
            if receiver in places
        ]
    timeout = params.get('timeout')
    limit = timeout if timeout and timeout > 0 else None
    for row, machine in begun:
        controller.machine_tasks.start(row, machine, params['command'], limit)
    return {
        'operation': number,
        'tasks': [{'id': task, 'unit': receiver} for task, receiver in tasks],
        'errors': failures + missing,
    }
