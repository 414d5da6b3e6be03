"""``refresh``: another revision of an application's charm."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ... import errors, wire
from ...charm import archive, metadata, prepare
from ...state import applications, charms, db, models, relations
from .. import server

if TYPE_CHECKING:
    from ..core import Controller


def handle(controller: Controller, params: wire.Json, emit: server.Emit) -> dict[str, Any]:
    """Prepare the charm and let every unit upgrade.

    Raises:
        Error: If the charm is another one, or would break a relation in use.
    """
    ready = None
    if params.get('path'):
        source = archive.find(params['path'])
        ready = prepare.prepare(source, controller.data, lambda text: emit({'progress': text}))
    with controller.database.write() as tx:
        model = models.get(tx, params.get('model', ''))
        row = applications.find(tx, model['id'], params['application'])
        charm = row['charm']
        if ready is not None:
            _check(tx, row['id'], charms.get(tx, charm), ready.charm)
            charm = charms.add(
                tx,
                model['id'],
                ready.charm,
                digest=ready.digest,
                folder=ready.folder,
                version=ready.version,
            )
        elif not params.get('resources') and not params.get('config'):
            raise errors.Error('refreshing a local charm requires either --path or --switch')
        known = charms.get(tx, charm)
        settings = {
            key: value
            for key, value in json.loads(row['settings']).items()
            if known.option(key) is not None
        }
        resources = {**json.loads(row['resources']), **wire.mapping(params, 'resources')}
        tx.update(
            'application',
            row['id'],
            charm=charm,
            charm_modified=row['charm_modified'] + 1,
            settings=json.dumps(settings),
            resources=json.dumps(resources),
        )
        applications.set_config(
            tx,
            applications.find(tx, model['id'], row['name']),
            wire.mapping(params, 'config'),
            (),
        )
        relations.wake_application(tx, row['id'])
        revision = tx.value('SELECT revision FROM charm WHERE id = ?', charm)
    return {'application': row['name'], 'charm': known.name, 'revision': revision}


def _check(tx: db.Transaction, application: int, old: metadata.Charm, new: metadata.Charm) -> None:
    if old.name != new.name:
        raise errors.Error(f'cannot refresh "{old.name}" to "{new.name}"')
    if old.subordinate != new.subordinate:
        raise errors.Error(f"cannot change an application's subordinacy: {old.name}")
    for row in tx.all(
        'SELECT r.id, e.endpoint FROM relation_endpoint e JOIN relation r ON r.id = e.relation'
        ' WHERE e.application = ?',
        application,
    ):
        if new.endpoint(row['endpoint']) is None:
            raise errors.Error(f'would break relation "{relations.key(tx, row["id"])}"')
