"""``offers``, ``find-offers`` and ``show-offer``: what can be related to from other models."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ... import offerurl, wire
from ...state import models, offers
from .. import server

if TYPE_CHECKING:
    from ..core import Controller


def handle(controller: Controller, params: wire.Json, emit: server.Emit) -> list[dict[str, Any]]:
    """Return the offer of ``url``, those of ``model``, or with ``everywhere`` of all models."""
    del emit
    with controller.database.read() as tx:
        if params.get('url'):
            rows = [offers.find(tx, offerurl.parse(params['url']))]
        elif params.get('everywhere'):
            rows = offers.in_controller(tx, params.get('of', ''))
        else:
            rows = offers.of_model(tx, models.get(tx, params.get('model', ''))['id'])
        return [offers.shown(tx, row, utc=bool(params.get('utc'))) for row in rows]
