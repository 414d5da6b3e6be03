"""Constraints of a model or an application: shown, and set."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ... import constraints, wire
from ...state import applications, models
from .. import server

if TYPE_CHECKING:
    from ..core import Controller


def handle(controller: Controller, params: wire.Json, emit: server.Emit) -> dict[str, Any]:
    """Return the constraints, after setting them to ``set`` if that is given."""
    del emit
    with controller.database.write() as tx:
        model = models.get(tx, params.get('model', ''))
        table, row = 'model', model
        if params.get('application'):
            table = 'application'
            row = applications.find(tx, model['id'], params['application'])
        if params.get('set') is None:
            return json.loads(row['constraints'])
        wanted = constraints.parse(params['set'])
        tx.update(table, row['id'], constraints=json.dumps(wanted))
        return wanted
