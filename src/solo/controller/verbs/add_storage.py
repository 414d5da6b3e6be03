"""``add-storage``: more storage for a unit that is there."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from ... import wire
from ...state import models, storage, units
from .. import each, server

if TYPE_CHECKING:
    from ..core import Controller


def handle(controller: Controller, params: wire.Json, emit: server.Emit) -> dict[str, Any]:
    """Add each directive's instances, or say why not."""
    del emit
    with controller.database.write() as tx:
        model = models.get(tx, params.get('model', ''))['id']
        unit = units.find(tx, model, params['unit'])
        wanted = wire.mapping(params, 'storage')

        def add(name: str) -> list[str]:
            asked = storage.directive(wanted[name]) if wanted[name] else {}
            return storage.add_more(tx, unit, name, asked, time.time())

        return each.each(sorted(wanted), add)
