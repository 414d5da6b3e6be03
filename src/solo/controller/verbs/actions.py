"""``actions``: what an application's charm can do when asked."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from ... import wire
from ...state import applications, charms, models
from .. import server

if TYPE_CHECKING:
    from ..core import Controller


def handle(controller: Controller, params: wire.Json, emit: server.Emit) -> dict[str, Any]:
    """Return the actions by name, each with its description and parameters."""
    del emit
    with controller.database.read() as tx:
        model = models.get(tx, params.get('model', ''))
        row = applications.find(tx, model['id'], params['application'])
        actions = charms.get(tx, row['charm']).actions
    return {action.name: dataclasses.asdict(action) for action in actions}
