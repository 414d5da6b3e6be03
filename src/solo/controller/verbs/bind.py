"""``bind``: an application's endpoints and their spaces."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ... import wire
from ...state import applications, bindings, charms, models
from .. import server

if TYPE_CHECKING:
    from ..core import Controller


def handle(controller: Controller, params: wire.Json, emit: server.Emit) -> dict[str, Any]:
    """Bind the endpoints that are named; the others stay as they are."""
    del emit
    with controller.database.write() as tx:
        model = models.get(tx, params.get('model', ''))
        row = applications.find(tx, model['id'], params['application'])
        wanted = bindings.parse(charms.get(tx, row['charm']), params['bind'])
        whole = {**json.loads(row['bindings']), **wanted}
        tx.update('application', row['id'], bindings=json.dumps(whole))
    return {}
