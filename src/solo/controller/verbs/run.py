"""``run``: queue an action on units."""

from __future__ import annotations

import sqlite3
import time
from typing import TYPE_CHECKING, Any

from ... import errors, wire
from ...state import models, operations, units
from .. import server

if TYPE_CHECKING:
    from ..core import Controller


def handle(controller: Controller, params: wire.Json, emit: server.Emit) -> dict[str, Any]:
    """Check the parameters, and add one task for each unit that is there."""
    del emit
    failures: list[str] = []
    with controller.database.write() as tx:
        model = models.get(tx, params.get('model', ''))
        found: list[sqlite3.Row] = []
        for receiver in params['receivers']:
            try:
                found.append(units.resolve(tx, model['id'], receiver))
            except errors.Error as error:
                failures.append(error.message)
        action = params['action']
        filled = wire.mapping(params, 'params')
        for unit in found:
            filled = operations.check(tx, unit, action, wire.mapping(params, 'params'))
        number, tasks = operations.enqueue(
            tx,
            model['id'],
            f'{action} run on {",".join(params["receivers"])}',
            [(unit, unit['name']) for unit in found],
            action,
            filled,
            now=time.time(),
        )
    return {
        'operation': number,
        'tasks': [{'id': task, 'unit': receiver} for task, receiver in tasks],
        'errors': failures,
    }
