"""``refresh``: another revision of an application's charm."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from ... import errors, wire
from ...charm import archive, assumes, prepare
from ...state import applications, charms, models, storage, upgrades
from .. import resources, server
from . import deploy

if TYPE_CHECKING:
    from ..core import Controller


def handle(controller: Controller, params: wire.Json, emit: server.Emit) -> dict[str, Any]:
    """Prepare the charm and let every unit upgrade.

    Raises:
        Error: If the charm is another one, or would break what is in use.
    """
    ready = None
    if params.get('path'):
        source = archive.find(params['path'])
        ready = prepare.prepare(source, controller.data, lambda text: emit({'progress': text}))
        if not params.get('force'):
            assumes.check(ready.charm.assumes, ready.charm.min_juju_version)
    uploaded = resources.upload(controller, wire.mapping(params, 'resources'))
    settings = {
        **deploy.file_settings(params.get('config_file_text', ''), params['application']),
        **wire.mapping(params, 'config'),
    }
    if ready is None and not uploaded and not settings:
        raise errors.Error('refreshing a local charm requires either --path or --switch')
    with controller.database.write() as tx:
        model = models.get(tx, params.get('model', ''))['id']
        row = applications.find(tx, model, params['application'])
        charm = row['charm']
        if ready is not None:
            upgrades.check(tx, row, ready.charm, switch=bool(params.get('switch')))
            charm = charms.add(tx, model, ready)
        if ready is not None or uploaded:
            upgrades.change(
                tx,
                row,
                charm,
                directives={
                    key: storage.directive(text)
                    for key, text in wire.mapping(params, 'storage').items()
                },
                uploaded=uploaded,
                force_units=bool(params.get('force_units')),
                now=time.time(),
            )
        row = applications.find(tx, model, row['name'])
        if params.get('trust'):
            settings = {**settings, 'trust': 'true'}
        applications.set_config(tx, row, settings, ())
        revision = tx.value('SELECT revision FROM charm WHERE id = ?', charm)
        name = charms.get(tx, charm).name
    return {
        'application': row['name'],
        'charm': name,
        'revision': revision,
        'added': ready is not None,
    }
