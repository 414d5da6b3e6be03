"""``remove-offer``: withdraw offers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ... import offerurl, wire
from ...state import offers
from .. import server

if TYPE_CHECKING:
    from ..core import Controller


def handle(controller: Controller, params: wire.Json, emit: server.Emit) -> dict[str, Any]:
    """Withdraw the offers of ``urls``, all or none; with ``force`` their relations end."""
    del emit
    with controller.database.write() as tx:
        for url in params['urls']:
            row = offers.find(tx, offerurl.parse(url))
            offers.remove(tx, row, force=bool(params.get('force')))
    return {}
