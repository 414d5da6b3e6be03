"""``grant-secret`` and ``revoke-secret``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ... import wire
from ...state import models, usersecrets
from .. import server

if TYPE_CHECKING:
    from ..core import Controller


def handle(controller: Controller, params: wire.Json, emit: server.Emit) -> dict[str, Any]:
    """Let applications read a user secret, or no longer."""
    del emit
    with controller.database.write() as tx:
        model = models.get(tx, params.get('model', ''))['id']
        change = usersecrets.revoke if params.get('revoke') else usersecrets.grant
        change(tx, usersecrets.owned(tx, model, params['secret']), params['applications'])
    return {}
