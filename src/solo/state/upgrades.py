"""What an application's charm may become: the rules of ``refresh``.

Source: juju 3.6: state/application.go (SetCharm, checkRelationsOps, checkStorageUpgrade).
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from typing import Any

from .. import errors
from ..charm import metadata
from . import charms, db, relations, resources, storage


def check(
    tx: db.Transaction, application: sqlite3.Row, new: metadata.Charm, *, switch: bool
) -> None:
    """Refuse a charm that would take away what is in use.

    Args:
        switch: Whether it may be a charm of another name.

    Raises:
        Error: In Juju's words.
    """
    old = charms.get(tx, application['charm'])
    if old.name != new.name and not switch:
        raise errors.Error(f'cannot refresh "{old.name}" to "{new.name}"')
    revision = tx.value(
        'SELECT next FROM sequence WHERE model = ? AND name = ?',
        application['model'],
        f'charm-{new.name}',
    )
    fault = (
        "cannot change an application's subordinacy"
        if old.subordinate != new.subordinate
        else _relation_fault(tx, application, new) or storage_fault(old, new)
    )
    if fault:
        raise errors.Error(
            f'cannot upgrade application "{application["name"]}" to charm '
            f'"local:{new.name}-{revision or 0}": {fault}'
        )


def _relation_fault(tx: db.Transaction, application: sqlite3.Row, new: metadata.Charm) -> str:
    for row in tx.all(
        'SELECT r.id, r.interface, e.endpoint, e.role FROM relation_endpoint e'
        ' JOIN relation r ON r.id = e.relation WHERE e.application = ?',
        application['id'],
    ):
        end = new.endpoint(row['endpoint'])
        if end is None or (end.role, end.interface) != (row['role'], row['interface']):
            return f'would break relation "{relations.key(tx, row["id"])}"'
    return ''


def storage_fault(old: metadata.Charm, new: metadata.Charm) -> str:
    """Return what the new charm would do to storage that the old one has; '' if nothing bad."""
    after = {each.name: each for each in new.storage}
    for before in old.storage:
        name = f'storage "{before.name}"'
        now = after.get(before.name)
        if now is None:
            return f'in-use {name} removed'
        if now.kind != before.kind:
            return f'existing {name} type changed from "{before.kind}" to "{now.kind}"'
        if now.location != before.location:
            return f'existing {name} location changed from "{before.location}" to "{now.location}"'
        if now.maximum is not None and (before.maximum is None or now.maximum < before.maximum):
            most = 'unlimited' if before.maximum is None else before.maximum
            return f'existing {name} range contracted: max decreased from {most} to {now.maximum}'
        if before.location and before.maximum == 1 and now.maximum != 1:
            return f'existing {name} with location changed from single to multiple'
    return ''


def change(
    tx: db.Transaction,
    application: sqlite3.Row,
    charm: int,
    *,
    directives: Mapping[str, Mapping[str, Any]],
    uploaded: Mapping[str, resources.Resource],
    force_units: bool,
    now: float,
) -> None:
    """Give an application another charm; every unit then upgrades.

    Options keep their values where the new charm still has them with that type; storage that it
    wants in addition is made for every unit.
    """
    new = charms.get(tx, charm)
    storage.check(tx, application['model'], new, directives)
    modified = application['charm_modified'] + 1
    known = {**json.loads(application['storage']), **directives}
    tx.update(
        'application',
        application['id'],
        charm=charm,
        charm_modified=modified,
        forced_charm=modified if force_units else 0,
        settings=json.dumps(_kept(new, json.loads(application['settings']))),
        storage=json.dumps(known),
    )
    resources.check(new, uploaded)
    kept = {
        name: each for name, each in resources.of(application).items() if name in new.resources
    }
    tx.update('application', application['id'], resources=resources.dumps({**kept, **uploaded}))
    for unit in tx.all(
        "SELECT id FROM unit WHERE application = ? AND life = 'alive'", application['id']
    ):
        _add_storage(tx, unit['id'], new, known, now)
    relations.wake_application(tx, application['id'])


def _kept(charm: metadata.Charm, settings: Mapping[str, Any]) -> dict[str, Any]:
    kept: dict[str, Any] = {}
    for key, value in settings.items():
        option = charm.option(key)
        if option is None:
            continue
        try:
            kept[key] = metadata.option_value(option, value)
        except errors.Error:
            continue  # its type has changed: back to the default
    return kept


def _add_storage(
    tx: db.Transaction,
    unit: int,
    charm: metadata.Charm,
    directives: Mapping[str, Mapping[str, Any]],
    now: float,
) -> None:
    held = [name.partition('/')[0] for name in storage.of_unit(tx, unit)]
    for declared in charm.storage:
        asked = directives.get(declared.name)
        wanted = declared.minimum if asked is None else asked.get('count', 1)
        for _ in range(wanted - held.count(declared.name)):
            storage.add(tx, unit, declared, asked or {}, now)
