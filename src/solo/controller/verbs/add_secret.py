"""``add-secret``."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from ... import wire
from ...state import models, usersecrets
from .. import server

if TYPE_CHECKING:
    from ..core import Controller


def handle(controller: Controller, params: wire.Json, emit: server.Emit) -> dict[str, Any]:
    """Add a user secret, and return its id."""
    del emit
    with controller.database.write() as tx:
        model = models.get(tx, params.get('model', ''))['id']
        id = usersecrets.add(
            tx,
            model,
            params['name'],
            wire.mapping(params, 'content'),
            description=params.get('info') or '',
            now=time.time(),
        )
    return {'id': id}
