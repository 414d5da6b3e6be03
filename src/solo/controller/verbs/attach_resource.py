"""``attach-resource``: another file for a resource of an application."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ... import wire
from ...state import applications, models
from ...state import resources as files
from .. import resources, server

if TYPE_CHECKING:
    from ..core import Controller


def handle(controller: Controller, params: wire.Json, emit: server.Emit) -> dict[str, Any]:
    """Upload the files, all or none; the units then run ``upgrade-charm``."""
    del emit
    uploaded = resources.upload(controller, wire.mapping(params, 'resources'))
    with controller.database.write() as tx:
        model = models.get(tx, params.get('model', ''))['id']
        files.attach(tx, applications.find(tx, model, params['application']), uploaded)
    return {}
