"""``trust``: an application setting that charms ask for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ... import wire
from ...state import applications, models
from .. import server

if TYPE_CHECKING:
    from ..core import Controller


def handle(controller: Controller, params: wire.Json, emit: server.Emit) -> dict[str, Any]:
    """Set or take back the trust; either is a ``config-changed`` to the units."""
    del emit
    trusted = 'false' if params.get('remove') else 'true'
    with controller.database.write() as tx:
        model = models.get(tx, params.get('model', ''))
        row = applications.find(tx, model['id'], params['application'])
        applications.set_config(tx, row, {'trust': trusted}, ())
    return {}
