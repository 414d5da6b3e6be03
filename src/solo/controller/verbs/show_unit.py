"""``show_unit``: the facts about one unit, with the bags of its relations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ... import wire
from ...state import fullunit, models
from .. import server

if TYPE_CHECKING:
    from ..core import Controller


def handle(controller: Controller, params: wire.Json, emit: server.Emit) -> dict[str, Any]:
    """Return the facts about ``unit``, by its name."""
    del emit
    with controller.database.read() as tx:
        model = models.get(tx, params.get('model', ''))['id']
        return fullunit.show(tx, model, params['unit'])
