"""``switch``: choose the current model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ... import wire
from ...state import models
from .. import server

if TYPE_CHECKING:
    from ..core import Controller


def handle(controller: Controller, params: wire.Json, emit: server.Emit) -> dict[str, Any]:
    """Make a model the current one."""
    del emit
    with controller.database.write() as tx:
        before = models.current(tx)
        after = models.get(tx, params['name'])['name']
        models.switch(tx, after)
    return {'from': before, 'to': after}
