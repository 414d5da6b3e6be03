"""``status``: the model as ``juju status --format json`` prints it, and a little more."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from ... import wire
from ...state import fullstatus, models
from .. import server

if TYPE_CHECKING:
    from ..core import Controller


def handle(controller: Controller, params: wire.Json, emit: server.Emit) -> dict[str, Any]:
    """Return the status of ``model``, with times in ``utc`` or local.

    With ``after``, the ``_change`` of an earlier answer, wait for the next change first, at most
    ``timeout`` seconds.
    """
    del emit
    after = params.get('after', -1)
    if after >= 0:
        controller.changed.wait(after, params.get('timeout', 0.0))
    change = controller.changed.count
    with controller.database.read() as tx:
        model = models.get(tx, params.get('model', ''))['id']
        found = fullstatus.status(tx, model, now=time.time(), utc=params.get('utc', False))
    if any(app['exposed'] for app in found['applications'].values()):
        found['model']['model-status'].update(_notes(controller.provisioner.faults))
    found['_change'] = change
    return found


def _notes(faults: tuple[str, ...]) -> dict[str, str]:
    """Return what is shown in the column ``Notes``, which Juju has for news of the model."""
    return {'message': '; '.join(faults)} if faults else {}
