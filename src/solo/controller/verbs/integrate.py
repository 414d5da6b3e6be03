"""``integrate``: relate two applications."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from ... import wire
from ...state import crossmodel, models
from .. import server

if TYPE_CHECKING:
    from ..core import Controller


def handle(controller: Controller, params: wire.Json, emit: server.Emit) -> dict[str, Any]:
    """Add the one relation that the two endpoints can mean; one may be another model's offer."""
    del emit
    first, second = params['endpoints']
    with controller.database.write() as tx:
        model = models.get(tx, params.get('model', ''))
        number = crossmodel.integrate(tx, model['id'], first, second, now=time.time())
    return {'relation': number}
