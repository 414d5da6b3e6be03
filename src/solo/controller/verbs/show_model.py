"""``show_model``: the facts about one model."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from ... import wire
from ...state import fullmodels, models
from .. import server

if TYPE_CHECKING:
    from ..core import Controller


def controller_uuid(controller: Controller) -> str:
    """Return an identity for the controller: one for its data directory."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, controller.data.as_uri()))


def handle(controller: Controller, params: wire.Json, emit: server.Emit) -> dict[str, Any]:
    """Return the facts about ``model``, by its name."""
    del emit
    with controller.database.read() as tx:
        row = models.get(tx, params.get('model', ''))
        found = fullmodels.describe(
            tx, row, controller=controller_uuid(controller), utc=params.get('utc', False)
        )
    del found['_units']
    return {row['name']: found}
