"""``resources``: the files that an application has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ... import wire
from ...state import applications, charms, models, resources
from .. import server

if TYPE_CHECKING:
    from ..core import Controller


def handle(controller: Controller, params: wire.Json, emit: server.Emit) -> dict[str, Any]:
    """Return what ``juju resources --format json`` prints."""
    del emit
    with controller.database.read() as tx:
        model = models.get(tx, params.get('model', ''))['id']
        row = applications.find(tx, model, params['application'])
        found = resources.shown(charms.get(tx, row['charm']), row)
    return {'resources': found} if found else {}
