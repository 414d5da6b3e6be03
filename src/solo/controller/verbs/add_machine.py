"""``add-machine``: machines that wait for units."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from ... import wire
from ...state import machines, models
from .. import server

if TYPE_CHECKING:
    from ..core import Controller


def handle(controller: Controller, params: wire.Json, emit: server.Emit) -> dict[str, Any]:
    """Add machines, and return their names."""
    del emit
    with controller.database.write() as tx:
        model = models.get(tx, params.get('model', ''))
        added = [
            machines.add(tx, model['id'], provider=models.provider(model), now=time.time())
            for _ in range(params.get('count', 1))
        ]
        return {'machines': [machines.row(tx, row)['name'] for row in added]}
