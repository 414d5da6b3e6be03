"""``add-unit``."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from ... import errors, wire
from ...state import applications, charms, models, units
from .. import server

if TYPE_CHECKING:
    from ..core import Controller


def handle(controller: Controller, params: wire.Json, emit: server.Emit) -> dict[str, Any]:
    """Add units to an application."""
    del emit
    with controller.database.write() as tx:
        model = models.get(tx, params.get('model', ''))
        row = applications.find(tx, model['id'], params['application'])
        if row['life'] != 'alive':
            raise errors.Error(f'application "{row["name"]}" is not alive')
        if charms.get(tx, row['charm']).subordinate:
            raise errors.Error(
                f'cannot add unit 1/{params["num_units"]} to application "{row["name"]}": '
                f'cannot add unit to application "{row["name"]}": application is a subordinate'
            )
        added = units.add(
            tx,
            row,
            count=params.get('num_units', 1),
            to=params.get('to') or (),
            attach=params.get('attach_storage') or (),
            provider=models.provider(model),
            now=time.time(),
        )
    return {'units': added}
