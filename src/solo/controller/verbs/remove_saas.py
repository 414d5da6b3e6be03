"""``remove-saas``: forget offers that are consumed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ... import errors, wire
from ...state import crossmodel, models
from .. import server

if TYPE_CHECKING:
    from ..core import Controller


def handle(controller: Controller, params: wire.Json, emit: server.Emit) -> dict[str, Any]:
    """Forget ``names``; one that can't be removed does not hold the others."""
    del emit
    failed: list[dict[str, str]] = []
    with controller.database.write() as tx:
        model = models.get(tx, params.get('model', ''))
        for name in params['names']:
            try:
                crossmodel.remove(tx, crossmodel.find(tx, model['id'], name))
            except errors.Error as error:
                failed.append({'name': name, 'error': error.message})
    return {'failed': failed}
