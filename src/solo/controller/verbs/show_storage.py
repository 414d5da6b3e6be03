"""``show-storage``: the facts about instances."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ... import wire
from ...state import fullstorage, models, storage
from .. import server

if TYPE_CHECKING:
    from ..core import Controller


def handle(controller: Controller, params: wire.Json, emit: server.Emit) -> dict[str, Any]:
    """Return the named instances as ``storage`` shows them.

    Raises:
        Error: ``storage instance "x/0" not found``.
    """
    del emit
    with controller.database.read() as tx:
        model = models.get(tx, params.get('model', ''))['id']
        for name in params['storage']:
            storage.find(tx, model, name)
        found = fullstorage.storage(tx, model, utc=bool(params.get('utc')))
    return {name: found['storage'][name] for name in params['storage']}
