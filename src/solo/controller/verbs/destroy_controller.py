"""``destroy-controller``: every model goes; the command line then ends the process."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ... import errors, folders, wire
from .. import server
from . import destroy_model

if TYPE_CHECKING:
    from ..core import Controller


def handle(controller: Controller, params: wire.Json, emit: server.Emit) -> dict[str, Any]:
    """Destroy all models.

    Raises:
        Error: If there are models with applications and nothing was said of them.
    """
    with controller.database.read() as tx:
        names = [row['name'] for row in tx.all('SELECT name FROM model ORDER BY id')]
        used = tx.all('SELECT DISTINCT m.name FROM model m JOIN application a ON a.model = m.id')
    if used and not params.get('destroy_all_models'):
        raise errors.Error(
            f'cannot destroy controller "{folders.controller_name()}": it still has {len(used)} '
            'model(s) with applications; use "--destroy-all-models" to destroy them too'
        )
    for name in names:
        destroy_model.handle(
            controller,
            {
                'name': name,
                'destroy_storage': params.get('destroy_storage'),
                'release_storage': params.get('release_storage'),
                'force': params.get('force'),
                'no_wait': params.get('no_wait'),
            },
            emit,
        )
    return {}
