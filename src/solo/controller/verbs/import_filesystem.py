"""``import-filesystem``: a folder that is there becomes storage of the model."""

from __future__ import annotations

import shutil
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ... import errors, wire
from ...state import models, pools, storage
from .. import server

if TYPE_CHECKING:
    from ..core import Controller


def handle(controller: Controller, params: wire.Json, emit: server.Emit) -> dict[str, Any]:
    """Add the folder as a detached instance.

    Raises:
        Error: If it is no folder, is storage already, or the pool keeps nothing.
    """
    del emit
    folder = params['folder']
    with controller.database.write() as tx:
        model = models.get(tx, params.get('model', ''))
        pool = pools.find(tx, model['id'], params['pool'])
        if not pool.persistent:
            raise errors.Error(
                f'importing filesystems with storage pool "{pool.name}" not supported'
            )
        if not Path(folder).is_dir():
            raise errors.Error(f'cannot import "{folder}": there is no such folder')
        known = tx.value('SELECT name FROM storage WHERE folder = ?', folder)
        if known is not None:
            raise errors.Error(f'cannot import "{folder}": it is storage {known} already')
        name = storage.insert(
            tx,
            model['id'],
            params['name'],
            pool,
            kind='filesystem',
            size_mb=shutil.disk_usage(folder).total // 1024**2,
            folder=folder,
            since=time.time(),
        )
    return {'storage': name}
