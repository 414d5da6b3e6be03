"""``export-bundle``: the model as a bundle."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ... import wire
from ...state import fullbundle, models
from .. import server

if TYPE_CHECKING:
    from ..core import Controller


def handle(controller: Controller, params: wire.Json, emit: server.Emit) -> dict[str, Any]:
    """Return the text of the bundle, with the charms' ``defaults`` if asked for."""
    del emit
    with controller.database.read() as tx:
        model = models.get(tx, params.get('model', ''))
        return {
            'bundle': fullbundle.export(tx, model['id'], defaults=bool(params.get('defaults')))
        }
