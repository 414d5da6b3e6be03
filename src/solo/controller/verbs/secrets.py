"""``secrets`` and ``show-secret``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ... import wire
from ...state import fullsecrets, models, usersecrets
from .. import server

if TYPE_CHECKING:
    from ..core import Controller


def handle(controller: Controller, params: wire.Json, emit: server.Emit) -> dict[str, Any]:
    """Return the secrets of the model, or the one that is named."""
    del emit
    with controller.database.read() as tx:
        model = models.get(tx, params.get('model', ''))['id']
        if params.get('secret'):
            return fullsecrets.shown(
                tx,
                usersecrets.find(tx, model, params['secret']),
                reveal=bool(params.get('reveal')),
                revision=params.get('revision') or 0,
                revisions=bool(params.get('revisions')),
            )
        return fullsecrets.listed(
            tx,
            model,
            owner=params.get('owner') or '',
            revisions=bool(params.get('revisions')),
        )
