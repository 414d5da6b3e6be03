"""Wait for tasks of ``run`` and ``exec``."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from ... import formats, wire
from ...state import models, operations
from .. import server

if TYPE_CHECKING:
    from ..core import Controller

_HEARTBEAT_SECONDS = 5.0  # so that we notice a client that has gone


def handle(controller: Controller, params: wire.Json, emit: server.Emit) -> dict[str, Any]:
    """Return the tasks once all have ended, or as they are when *timeout* seconds have passed.

    A ``timeout`` below 0, or none, waits for ever. New lines of the tasks' logs are events.
    """
    timeout = params.get('timeout')
    deadline = None if timeout is None or timeout < 0 else time.monotonic() + timeout
    told: dict[int, int] = {}
    while True:
        count = controller.changed.count
        with controller.database.read() as tx:
            model = models.get(tx, params.get('model', ''))['id']
            tasks = {task: operations.shown(tx, model, task) for task in params['tasks']}
        for number, task in tasks.items():
            for line in task.get('log', ())[told.get(number, 0) :]:
                moment, message = formats.logged(line)
                emit({'log': message, 'time': moment})
            told[number] = len(task.get('log', ()))
        if all(task['status'] not in operations.RUNNING for task in tasks.values()):
            return {str(number): task for number, task in tasks.items()}
        left = None if deadline is None else deadline - time.monotonic()
        if left is not None and left <= 0:
            return {str(number): task for number, task in tasks.items()}
        if not controller.changed.wait(count, min(left or 1e9, _HEARTBEAT_SECONDS)):
            emit({})
