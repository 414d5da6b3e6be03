"""``suspend-relation`` and ``resume-relation``: an offer's relations, for a while."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ... import wire
from ...state import crossmodel, models
from .. import server

if TYPE_CHECKING:
    from ..core import Controller


def handle(controller: Controller, params: wire.Json, emit: server.Emit) -> dict[str, Any]:
    """Suspend the relations with these ``ids``, or resume them, all or none."""
    del emit
    with controller.database.write() as tx:
        model = models.get(tx, params.get('model', ''))
        for number in params['ids']:
            crossmodel.suspend(
                tx,
                model['id'],
                number,
                suspended=bool(params['suspended']),
                reason=params.get('message', ''),
            )
    return {}
