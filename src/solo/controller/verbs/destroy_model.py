"""``destroy-model``: everything in it goes, and then the model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ... import errors, wire
from ...state import models, removal
from .. import server
from . import remove_unit

if TYPE_CHECKING:
    from ..core import Controller

_HEARTBEAT_SECONDS = 5.0
_COUNTS = {
    'machine(s)': 'SELECT count(*) FROM machine WHERE model = ?',
    'application(s)': 'SELECT count(*) FROM application WHERE model = ? AND remote IS NULL',
    'filesystem(s)': 'SELECT count(*) FROM storage WHERE model = ?',
}


def handle(controller: Controller, params: wire.Json, emit: server.Emit) -> dict[str, Any]:
    """Destroy a model and wait until it is gone.

    Raises:
        Error: If it has storage and nothing was said of it.
    """
    with controller.database.write() as tx:
        row = models.get(tx, params['name'])
        destroy, release = params.get('destroy_storage'), params.get('release_storage')
        kept = tx.all("SELECT name FROM storage WHERE model = ? AND life = 'alive'", row['id'])
        if kept and not destroy and not release:
            names = ', '.join(storage['name'] for storage in kept)
            raise errors.Error(
                f'cannot destroy model "{row["name"]}"\n\n'
                'The model has persistent storage remaining:\n'
                f'\t{len(kept)} filesystem{"s" if len(kept) > 1 else ""} ({names})\n\n'
                'To destroy the storage, run the destroy-model\n'
                'command again with the "--destroy-storage" option.\n\n'
                "To release the storage from solo's management\n"
                'without destroying it, use the "--release-storage"\n'
                'option instead. The storage can then be imported\n'
                'into another model.'
            )
        forced = remove_unit.forced_at(params, with_machine=True)
        removal.destroy_model(tx, row, destroy_storage=bool(destroy), forced=forced)
    emit({'progress': 'Destroying model'})
    told = ''
    while True:
        seen = controller.changed.count
        with controller.database.write() as tx:
            gone = removal.model_gone(tx, row['id'])
            counts = {what: tx.value(query, row['id']) for what, query in _COUNTS.items()}
            left = [f', {count} {what}' for what, count in counts.items() if count]
        if gone:
            return {}
        text = f'Waiting for model to be removed{"".join(left)}...'
        if text != told:
            emit({'progress': text})
            told = text
        controller.changed.wait(seen + 1, _HEARTBEAT_SECONDS)
