"""``show-status-log``: what an entity said before."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ... import formats, wire
from ...state import models, statuslog
from .. import server

if TYPE_CHECKING:
    from ..core import Controller


def handle(controller: Controller, params: wire.Json, emit: server.Emit) -> dict[str, Any]:
    """Return the records of ``entity``, oldest first."""
    del emit
    with controller.database.read() as tx:
        model = models.get(tx, params.get('model', ''))
        model_id, entity = model['id'], params['entity']
        if params['kind'] == 'model':
            since = formats.rfc3339(model['created'])
            return {'records': [{'status': 'available', 'since': since, 'type': 'model'}]}
        found = statuslog.shown(
            tx,
            model_id,
            entity,
            params['kind'],
            count=params.get('count') or 0,
            since=params.get('since') or 0.0,
        )
    return {'records': found}
