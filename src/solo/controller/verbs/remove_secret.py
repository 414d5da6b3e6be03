"""``remove-secret``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ... import wire
from ...state import models, secrets, usersecrets
from .. import server

if TYPE_CHECKING:
    from ..core import Controller


def handle(controller: Controller, params: wire.Json, emit: server.Emit) -> dict[str, Any]:
    """Remove a user secret, or one revision of it."""
    del emit
    with controller.database.write() as tx:
        model = models.get(tx, params.get('model', ''))['id']
        row = usersecrets.owned(tx, model, params['secret'])
        revision = params.get('revision')
        if revision is not None:
            secrets.revision(tx, row, revision)
        secrets.remove(tx, row, revision)
    return {}
