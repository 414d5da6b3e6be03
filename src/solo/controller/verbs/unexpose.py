"""``unexpose``: no longer let the world reach an application's opened ports."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ... import wire
from ...state import applications, models
from .. import server

if TYPE_CHECKING:
    from ..core import Controller


def handle(controller: Controller, params: wire.Json, emit: server.Emit) -> dict[str, Any]:
    """End the exposure of all endpoints, or of those named."""
    del emit
    with controller.database.write() as tx:
        model = models.get(tx, params.get('model', ''))
        row = applications.find(tx, model['id'], params['application'])
        applications.unexpose(tx, row, params.get('endpoints') or ())
    return {}
