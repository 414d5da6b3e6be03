"""``remove-storage``: take storage out of the model, with its data or without."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from ... import wire
from ...state import models, storage
from .. import each, server

if TYPE_CHECKING:
    from ..core import Controller


def handle(controller: Controller, params: wire.Json, emit: server.Emit) -> dict[str, Any]:
    """Remove each instance, or say why not."""
    del emit
    with controller.database.write() as tx:
        model = models.get(tx, params.get('model', ''))['id']
        return each.each(
            params['storage'],
            lambda name: storage.remove(
                tx,
                storage.find(tx, model, name),
                destroy=not params.get('no_destroy'),
                force=bool(params.get('force')),
                now=time.time(),
            ),
        )
