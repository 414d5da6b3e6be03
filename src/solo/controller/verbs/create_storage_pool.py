"""``create-storage-pool``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ... import wire
from ...state import models, pools
from .. import server

if TYPE_CHECKING:
    from ..core import Controller


def handle(controller: Controller, params: wire.Json, emit: server.Emit) -> dict[str, Any]:
    """Add a pool to the model."""
    del emit
    with controller.database.write() as tx:
        model = models.get(tx, params.get('model', ''))
        attributes = wire.mapping(params, 'attributes')
        pools.create(tx, model['id'], params['name'], params['provider'], attributes)
    return {}
