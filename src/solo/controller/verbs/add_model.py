"""``add-model``."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from ... import wire
from ...state import models
from .. import server
from . import model_config

if TYPE_CHECKING:
    from ..core import Controller


def handle(controller: Controller, params: wire.Json, emit: server.Emit) -> dict[str, Any]:
    """Add a model, and make it the current one unless told otherwise."""
    del emit
    config = {
        key: model_config.typed(key, value)
        for key, value in wire.mapping(params, 'config').items()
    }
    if 'provider' in config:
        controller.provider(config['provider'])
    with controller.database.write() as tx:
        row = models.add(tx, params['name'], config, now=time.time())
        if params.get('switch', True):
            models.switch(tx, row['name'])
    return {'name': row['name'], 'uuid': row['uuid']}
