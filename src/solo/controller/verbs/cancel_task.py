"""``cancel-task``: end tasks that wait or run."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from ... import processes, wire
from ...state import models, operations
from .. import each, server

if TYPE_CHECKING:
    from ..core import Controller


def handle(controller: Controller, params: wire.Json, emit: server.Emit) -> dict[str, Any]:
    """Cancel each task, or say why not; those that run are killed."""
    del emit
    running: list[int] = []
    with controller.database.write() as tx:
        model = models.get(tx, params.get('model', ''))['id']

        def cancel(name: str) -> dict[str, Any]:
            row = operations.cancel(tx, model, int(name), now=time.time())
            if row['status'] != 'pending':
                running.append(row['id'])
            return {
                'action': row['name'],
                'id': name,
                'unit': row['receiver'],
                'status': 'cancelled' if row['status'] == 'pending' else 'aborting',
                'completed at': 'n/a',
            }

        result = each.each(params['tasks'], cancel)
    for task in running:
        end = _process(controller, task)
        if end is None:
            controller.machine_tasks.end(task)
        else:
            processes.end(*end)
    return result


def _process(controller: Controller, task: int) -> tuple[int, float | None] | None:
    """Return pid and start time of the process that a unit runs for a task."""
    with controller.database.read() as tx:
        unit = tx.value('SELECT unit FROM task WHERE id = ?', task)
    running = None if unit is None else controller.api.running(unit)
    if running is None or running.task != task or running.pid is None:
        return None
    return running.pid, running.started
