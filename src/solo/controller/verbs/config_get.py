"""``config`` without values: what an application's options are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ... import wire
from ...state import applications, models
from .. import server

if TYPE_CHECKING:
    from ..core import Controller


def handle(controller: Controller, params: wire.Json, emit: server.Emit) -> dict[str, Any]:
    """Return every option with its value, default and source."""
    del emit
    with controller.database.read() as tx:
        model = models.get(tx, params.get('model', ''))
        return applications.shown_config(
            tx, applications.find(tx, model['id'], params['application'])
        )
