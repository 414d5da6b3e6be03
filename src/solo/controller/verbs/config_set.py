"""``config`` with values: set and reset options, all or none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ... import wire
from ...state import applications, models
from .. import server
from . import deploy

if TYPE_CHECKING:
    from ..core import Controller


def handle(controller: Controller, params: wire.Json, emit: server.Emit) -> dict[str, Any]:
    """Set options from arguments and a file; arguments win."""
    del emit
    with controller.database.write() as tx:
        model = models.get(tx, params.get('model', ''))
        row = applications.find(tx, model['id'], params['application'])
        settings = {
            **deploy.file_settings(params.get('file_text', ''), row['name']),
            **wire.mapping(params, 'settings'),
        }
        applications.set_config(tx, row, settings, params.get('reset') or ())
    return {}
