"""``remove-storage-pool``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ... import wire
from ...state import models, pools
from .. import server

if TYPE_CHECKING:
    from ..core import Controller


def handle(controller: Controller, params: wire.Json, emit: server.Emit) -> dict[str, Any]:
    """Forget a pool of the model that nothing uses."""
    del emit
    with controller.database.write() as tx:
        pools.remove(tx, models.get(tx, params.get('model', ''))['id'], params['name'])
    return {}
