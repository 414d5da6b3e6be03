"""``consume``: make an offer known in the model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ... import offerurl, wire
from ...state import crossmodel, models
from .. import server

if TYPE_CHECKING:
    from ..core import Controller


def handle(controller: Controller, params: wire.Json, emit: server.Emit) -> dict[str, Any]:
    """Consume the offer of ``url`` and return the name that it has here."""
    del emit
    with controller.database.write() as tx:
        model = models.get(tx, params.get('model', ''))
        url = offerurl.parse(params['url'])
        return {'name': crossmodel.consume(tx, model['id'], url, params.get('alias', ''))}
