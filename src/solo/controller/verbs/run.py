"""``run``: queue an action on units."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from ... import errors, wire
from ...state import models, operations, units
from .. import server

if TYPE_CHECKING:
    from ..core import Controller


def handle(controller: Controller, params: wire.Json, emit: server.Emit) -> dict[str, Any]:
    """Check the parameters, and add one task for each unit that is there."""
    del emit
    with controller.database.write() as tx:
        model = models.get(tx, params.get('model', ''))
        found, failures = there(
            params['receivers'], lambda name: units.resolve(tx, model['id'], name)
        )
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


def there(
    names: Sequence[str], find: Callable[[str], sqlite3.Row]
) -> tuple[list[sqlite3.Row], list[str]]:
    """Return the rows that *find* finds for the names, and why it doesn't find the others.

    Source: juju: apiserver/facades/client/action/operation.go: one that isn't there holds nobody.
    """
    found: list[sqlite3.Row] = []
    failures: list[str] = []
    for name in names:
        try:
            found.append(find(name))
        except errors.Error as error:
            failures.append(error.message)
    return found, failures
