"""``resolved``: what the operator says of failed hooks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ... import wire
from ...state import models, units
from .. import server

if TYPE_CHECKING:
    from ..core import Controller


def handle(controller: Controller, params: wire.Json, emit: server.Emit) -> dict[str, Any]:
    """Run the failed hooks of units again, or skip them."""
    del emit
    with controller.database.write() as tx:
        model = models.get(tx, params.get('model', ''))
        if params.get('all'):
            rows = [
                units.row(tx, row['id'])
                for row in tx.all(
                    'SELECT u.id FROM unit u JOIN application a ON a.id = u.application'
                    " WHERE a.model = ? AND u.agent_status = 'error'",
                    model['id'],
                )
            ]
        else:
            rows = [units.find(tx, model['id'], name) for name in params['units']]
        for row in rows:
            units.resolve_error(tx, row, retry=not params.get('no_retry'))
    return {'units': [row['name'] for row in rows]}
