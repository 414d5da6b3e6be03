"""Storage instances: made with their unit, kept or destroyed when it goes."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any

from .. import errors, model
from ..charm import metadata
from . import db


def directive(text: str) -> dict[str, Any]:
    """Return ``pool,count,size`` in any order as a mapping.

    Raises:
        Error: If a part is none of them.
    """
    found: dict[str, Any] = {}
    for part in filter(None, text.split(',')):
        if part.isdigit():
            found['count'] = int(part)
        elif re.match(r'^\d+(\.\d+)?[MGTP]', part):
            found['size'] = metadata.size_mb(part)
        else:
            found['pool'] = part
    return found


def add_initial(
    tx: db.Transaction,
    unit: int,
    charm: metadata.Charm,
    directives: Mapping[str, Mapping[str, Any]],
    attach: Sequence[str],
    now: float,
) -> None:
    """Give a new unit the storage that its charm and its operator want.

    Raises:
        Error: If a storage to attach isn't there, or is somebody's.
    """
    wanted = {declared.name: declared.minimum for declared in charm.storage}
    for name in attach:
        _reuse(tx, unit, name, now)
        kind = name.partition('/')[0]
        wanted[kind] = max(0, wanted.get(kind, 0) - 1)
    for declared in charm.storage:
        asked = directives.get(declared.name, {})
        count = wanted[declared.name]
        if asked and declared.name not in {name.partition('/')[0] for name in attach}:
            count = max(count, asked.get('count', 1))
        for _ in range(count):
            add(tx, unit, declared, asked, now)


def add(
    tx: db.Transaction,
    unit: int,
    declared: metadata.Storage,
    asked: Mapping[str, Any],
    now: float,
) -> None:
    """Add one instance; the provisioner makes its folder and attaches it."""
    application = tx.one(
        'SELECT a.model, a.name FROM unit u JOIN application a ON a.id = u.application'
        ' WHERE u.id = ?',
        unit,
    )
    assert application is not None, 'a unit has an application'
    number = db.sequence(tx, application['model'], 'storage')
    tx.insert(
        'storage',
        model=application['model'],
        name=f'{declared.name}/{number}',
        unit=unit,
        kind=declared.kind,
        pool=asked.get('pool', 'folders'),
        size_mb=max(asked.get('size', 0), declared.minimum_mb),
        owner=application['name'],
        since=now,
    )


def _reuse(tx: db.Transaction, unit: int, name: str, now: float) -> None:
    found = tx.one(
        'SELECT s.* FROM storage s JOIN unit u ON u.id = ? JOIN application a'
        ' ON a.id = u.application WHERE s.model = a.model AND s.name = ?',
        unit,
        name,
    )
    if found is None:
        raise errors.Error(f'storage instance "{name}" not found', 'not found')
    if found['unit'] is not None or found['life'] != 'alive':
        raise errors.Error(f'cannot attach storage {name}: it is attached or going away')
    tx.update('storage', found['id'], unit=unit, attached=0, since=now)


def location(declared: metadata.Storage, name: str) -> str:
    """Return where a charm wants the instance, '' when it leaves that to Juju.

    Source: juju 3.6: state/filesystem.go FilesystemMountPoint.
    """
    if not declared.location:
        return ''
    return declared.location if declared.maximum == 1 else f'{declared.location}/{name}'


def views(tx: db.Transaction, unit: int) -> tuple[model.StorageView, ...]:
    """Return the unit's instances."""
    return tuple(
        model.StorageView(
            id=row['name'],
            kind=row['kind'],
            location=row['location'],
            life=model.Life(row['life']),
            attached=bool(row['attached']),
        )
        for row in tx.all('SELECT * FROM storage WHERE unit = ? ORDER BY id', unit)
    )


def of_unit(tx: db.Transaction, unit: int) -> list[str]:
    """Return the names of the unit's instances."""
    return [view.id for view in views(tx, unit)]


def detach(tx: db.Transaction, unit: sqlite3.Row, name: str, *, now: float) -> None:
    """End the attachment; what the operator wants destroyed is left to the provisioner."""
    life = 'dying' if unit['destroy_storage'] else 'alive'
    tx.execute(
        'UPDATE storage SET unit = NULL, attached = 0, life = ?, since = ?'
        ' WHERE unit = ? AND name = ?',
        life,
        now,
        unit['id'],
        name,
    )


def pending(tx: db.Transaction) -> list[sqlite3.Row]:
    """Return the instances that wait to be attached to a unit on a machine that is there."""
    return tx.all(
        'SELECT s.*, m.name AS model_name, u.machine, c.id AS charm FROM storage s'
        ' JOIN unit u ON u.id = s.unit JOIN application a ON a.id = u.application'
        ' JOIN charm c ON c.id = a.charm JOIN machine ON machine.id = u.machine'
        " JOIN model m ON m.id = s.model WHERE NOT s.attached AND machine.status = 'started'"
    )


def attached(tx: db.Transaction, row: sqlite3.Row, *, location: str, folder: str) -> None:
    """Note that an instance is where its unit expects it."""
    tx.update('storage', row['id'], attached=1, location=location, folder=folder)
    tx.wake(row['unit'])


def doomed(tx: db.Transaction) -> list[sqlite3.Row]:
    """Return the instances whose data are to be destroyed."""
    return tx.all("SELECT * FROM storage WHERE unit IS NULL AND life != 'alive'")


def declared(charm: metadata.Charm, name: str) -> metadata.Storage:
    """Return the declaration of the instance *name* (``data/0``)."""
    kind = name.partition('/')[0]
    return next(
        (storage for storage in charm.storage if storage.name == kind),
        metadata.Storage(kind),
    )
