"""``detach-storage``: let units give storage back; its data stay."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from ... import wire
from ...state import models, storage
from .. import each, server

if TYPE_CHECKING:
    from ..core import Controller


def handle(controller: Controller, params: wire.Json, emit: server.Emit) -> dict[str, Any]:
    """Ask for each instance, or say why not."""
    del emit
    with controller.database.write() as tx:
        model = models.get(tx, params.get('model', ''))['id']
        return each.each(
            params['storage'],
            lambda name: storage.ask_detach(tx, storage.find(tx, model, name), now=time.time()),
        )
