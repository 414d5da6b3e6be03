"""``add-ssh-key``, ``remove-ssh-key`` and ``ssh-keys``: kept with the model."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ... import errors, wire
from ...state import models
from .. import server

if TYPE_CHECKING:
    from ..core import Controller


def handle(controller: Controller, params: wire.Json, emit: server.Emit) -> dict[str, Any]:
    """Return the keys, after adding ``add`` and removing ``remove``."""
    del emit
    with controller.database.write() as tx:
        model = models.get(tx, params.get('model', ''))
        keys: list[str] = json.loads(
            tx.value('SELECT value FROM meta WHERE key = ?', f'ssh-keys-{model["uuid"]}') or '[]'
        )
        for key in params.get('add') or ():
            if key in keys:
                raise errors.Error(f'cannot add key "{key}": duplicate ssh key: {key}')
            keys.append(key)
        for id in params.get('remove') or ():
            kept = [key for key in keys if id not in (key, key.split(None, 2)[-1])]
            if len(kept) == len(keys):
                raise errors.Error(f'cannot remove key id "{id}": invalid ssh key: {id}')
            keys = kept
        tx.execute(
            'INSERT INTO meta VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value',
            f'ssh-keys-{model["uuid"]}',
            json.dumps(keys),
        )
    return {'keys': keys}
