"""``offer``: let other models relate to an application."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ... import wire
from ...state import models, offers
from .. import server

if TYPE_CHECKING:
    from ..core import Controller


def handle(controller: Controller, params: wire.Json, emit: server.Emit) -> dict[str, Any]:
    """Offer ``endpoints`` of ``application`` under ``name``, and return the offer's URL."""
    del emit
    with controller.database.write() as tx:
        model = models.get(tx, params.get('model', ''))
        name = params.get('name') or params['application']
        offers.offer(tx, model['id'], params['application'], params['endpoints'], name)
        row = tx.one('SELECT * FROM offer WHERE model = ? AND name = ?', model['id'], name)
        assert row is not None, 'it has just been made'
        return {'url': offers.url(tx, row)}
