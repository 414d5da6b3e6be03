"""``show-application``: the facts about one application."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

from ... import wire
from ...state import applications, charms, fullstatus, models
from .. import server

if TYPE_CHECKING:
    from ..core import Controller


def handle(controller: Controller, params: wire.Json, emit: server.Emit) -> dict[str, Any]:
    """Return what ``juju show-application --format json`` prints of ``application``."""
    del emit
    with controller.database.read() as tx:
        model = models.get(tx, params.get('model', ''))
        row = applications.find(tx, model['id'], params['application'])
        charm = charms.get(tx, row['charm'])
        status = fullstatus.status(tx, model['id'], now=time.time())
    shown = status['applications'][row['name']]
    base = shown.get('base', {})
    found: dict[str, Any] = {
        'charm': charm.name,
        **({'base': f'{base["name"]}@{base["channel"]}'} if base else {}),
        'constraints': json.loads(row['constraints']),
        'principal': not charm.subordinate,
        'exposed': shown['exposed'],
        'remote': False,
        'life': row['life'],
        'endpoint-bindings': shown['endpoint-bindings'],
    }
    if row['exposed']:
        found['exposed-endpoints'] = {
            endpoint: {'expose-to-cidrs': cidrs}
            for endpoint, cidrs in json.loads(row['exposed']).items()
        }
    return {row['name']: found}
