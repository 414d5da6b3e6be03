"""``update-secret``."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from ... import wire
from ...state import models, usersecrets
from .. import server

if TYPE_CHECKING:
    from ..core import Controller


def handle(controller: Controller, params: wire.Json, emit: server.Emit) -> dict[str, Any]:
    """Change a user secret; other content is another revision."""
    del emit
    with controller.database.write() as tx:
        model = models.get(tx, params.get('model', ''))['id']
        usersecrets.update(
            tx,
            usersecrets.owned(tx, model, params['secret']),
            wire.mapping(params, 'content'),
            name=params.get('name') or '',
            description=params.get('info') or '',
            auto_prune=params.get('auto_prune'),
            now=time.time(),
        )
    return {}
