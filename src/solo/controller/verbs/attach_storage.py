"""``attach-storage``: give a unit storage that nobody has."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from ... import wire
from ...state import models, storage, units
from .. import each, server

if TYPE_CHECKING:
    from ..core import Controller


def handle(controller: Controller, params: wire.Json, emit: server.Emit) -> dict[str, Any]:
    """Attach each instance, or say why not."""
    del emit
    with controller.database.write() as tx:
        model = models.get(tx, params.get('model', ''))['id']
        unit = units.find(tx, model, params['unit'])['id']
        return each.each(
            params['storage'], lambda name: storage.reuse(tx, unit, name, time.time())
        )
