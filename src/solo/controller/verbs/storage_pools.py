"""``storage-pools``: where storage can lie."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ... import wire
from ...state import fullstorage, models
from .. import server

if TYPE_CHECKING:
    from ..core import Controller


def handle(controller: Controller, params: wire.Json, emit: server.Emit) -> dict[str, Any]:
    """Return what ``juju storage-pools --format json`` prints."""
    del emit
    with controller.database.read() as tx:
        return fullstorage.pools_of(tx, models.get(tx, params.get('model', ''))['id'])
