"""Storage instances: made with their unit or for it, kept or destroyed when it goes.

Source: juju 3.6: state/storage.go, state/filesystem.go; storage/constraints.go.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any

from .. import errors, model
from ..charm import metadata
from . import charms, db, pools, units

_SIZE = re.compile(r'^\d+(\.\d+)?[MGTPEZY](i?B)?$')
_DEFAULT_MB = 1024


def directive(text: str) -> dict[str, Any]:
    """Return ``pool,count,size`` in any order as a mapping.

    Raises:
        Error: If a part is none of them, or said twice.
    """
    found: dict[str, Any] = {}
    for part in text.split(','):
        if re.match(r'^-?\d+$', part):
            key, value = 'count', int(part)
            if value < 1:
                raise errors.UsageError(f'count must be greater than zero, got "{part}"')
        elif _SIZE.match(part):
            key, value = 'size', metadata.size_mb(part)
        elif part:
            key, value = 'pool', part
        else:
            raise errors.UsageError(
                f'storage constraints require at least one field, got "{text}"'
            )
        if key in found:
            raise errors.UsageError(
                f'cannot read storage "{text}": it has two of pool, count or size'
            )
        found[key] = value
    return found


def check(
    tx: db.Transaction,
    model_row: int,
    charm: metadata.Charm,
    directives: Mapping[str, Mapping[str, Any]],
) -> None:
    """Refuse directives that the charm can't have.

    Raises:
        Error: In Juju's words, for an unknown store or pool, or too few, too many, too small.
    """
    for name, asked in directives.items():
        declared = _store(charm, name)
        pools.find(tx, model_row, asked.get('pool', ''))
        _check_size(charm, declared, asked)
        _check_count(charm, declared, asked.get('count', 1))


def _store(charm: metadata.Charm, name: str) -> metadata.Storage:
    for declared in charm.storage:
        if declared.name == name:
            return declared
    raise errors.Error(f'charm "{charm.name}" has no store called "{name}"')


def _check_size(
    charm: metadata.Charm, declared: metadata.Storage, asked: Mapping[str, Any]
) -> None:
    size = asked.get('size')
    if size is not None and size < declared.minimum_mb:
        raise errors.Error(
            f'charm "{charm.name}" store "{declared.name}": minimum storage size is '
            f'{_humanised(declared.minimum_mb)}, {_humanised(size)} specified'
        )


def _check_count(charm: metadata.Charm, declared: metadata.Storage, count: int) -> None:
    fault = ''
    if count < declared.minimum:
        fault = f'at least {declared.minimum} instances required, {count} specified'
    elif declared.maximum is not None and count > declared.maximum:
        fault = f'at most {declared.maximum} instances supported, {count} specified'
    if fault:
        raise errors.Error(f'charm "{charm.name}" store "{declared.name}": {fault}')


def _humanised(megabytes: int) -> str:
    """Return a size as Go's humanize.Bytes does, of which Juju takes a mebibyte for 1 MB."""
    size, unit = float(megabytes), 'MB'
    for larger in ('GB', 'TB', 'PB'):
        if size < 1000:
            break
        size, unit = size / 1000, larger
    return f'{size:.1f} {unit}' if size < 10 else f'{size:.0f} {unit}'


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
    reused = [name.partition('/')[0] for name in attach]
    for name in attach:
        reuse(tx, unit, name, now)
    for declared in charm.storage:
        asked = directives.get(declared.name)
        count = declared.minimum if asked is None else asked.get('count', 1)
        for _ in range(count - reused.count(declared.name)):
            add(tx, unit, declared, asked or {}, now)


def add_more(
    tx: db.Transaction, unit: sqlite3.Row, name: str, asked: Mapping[str, Any], now: float
) -> list[str]:
    """Add what an operator wants for a unit that is there, and return the instances' names.

    Raises:
        Error: If the charm can't have it, in Juju's words.
    """
    charm = charms.get(tx, unit['charm'])
    declared = _store(charm, name)
    count = asked.get('count', 1)
    if unit['life'] != 'alive':
        raise errors.Error(f'unit "{unit["name"]}" is not alive')
    _check_size(charm, declared, asked)
    _check_count(charm, declared, _held(tx, unit['id'], name) + count)
    pools.find(tx, unit['model'], asked.get('pool', ''))
    added = [add(tx, unit['id'], declared, asked, now) for _ in range(count)]
    tx.wake(unit['id'])
    return added


def _held(tx: db.Transaction, unit: int, kind: str) -> int:
    return sum(name.partition('/')[0] == kind for name in of_unit(tx, unit))


def add(
    tx: db.Transaction,
    unit: int,
    declared: metadata.Storage,
    asked: Mapping[str, Any],
    now: float,
) -> str:
    """Add one instance and return its name; the provisioner makes its folder and attaches it."""
    row = units.row(tx, unit)
    pool = pools.find(tx, row['model'], asked.get('pool', ''))
    return insert(
        tx,
        row['model'],
        declared.name,
        pool,
        unit=unit,
        kind=declared.kind,
        size_mb=asked.get('size') or declared.minimum_mb or _DEFAULT_MB,
        owner=row['application_name'],
        since=now,
    )


def insert(
    tx: db.Transaction, model_row: int, store: str, pool: pools.Pool, **columns: Any
) -> str:
    """Add a row for an instance of *store* in *pool*, and return its name."""
    name = f'{store}/{db.sequence(tx, model_row, "storage")}'
    tx.insert(
        'storage',
        model=model_row,
        name=name,
        pool=pool.name,
        persistent=pool.persistent,
        **columns,
    )
    return name


def find(tx: db.Transaction, model_row: int, name: str) -> sqlite3.Row:
    """Return the instance's row.

    Raises:
        UsageError: ``invalid storage id "x"``.
        Error: ``storage instance "data/9" not found``.
    """
    if not re.match(r'^[a-z][a-z0-9]*(-[a-z0-9]*[a-z][a-z0-9]*)*/(0|[1-9][0-9]*)$', name):
        raise errors.UsageError(f'invalid storage id "{name}"')
    found = tx.one('SELECT * FROM storage WHERE model = ? AND name = ?', model_row, name)
    if found is None:
        raise errors.not_found('storage instance', name)
    return found


def reuse(tx: db.Transaction, unit: int, name: str, now: float) -> None:
    """Attach an instance that is free to a unit.

    Raises:
        Error: If it is somebody's or going, or the charm has no place for it.
    """
    row = units.row(tx, unit)
    found = find(tx, row['model'], name)
    refused = f'cannot attach storage {name} to unit {row["name"]}'
    if found['life'] != 'alive':
        raise errors.Error(f'{refused}: storage is not alive')
    if found['unit'] is not None:
        holder = units.row(tx, found['unit'])['name']
        raise errors.Error(f'{refused}: storage is attached to unit {holder}')
    if row['life'] != 'alive':
        raise errors.Error(f'{refused}: unit is not alive')
    charm = charms.get(tx, row['charm'])
    kind = name.partition('/')[0]
    declared = _store(charm, kind)
    if found['size_mb'] < declared.minimum_mb:
        _check_size(charm, declared, {'size': found['size_mb']})
    held = _held(tx, unit, kind)
    if declared.maximum is not None and held >= declared.maximum:
        _check_count(charm, declared, held + 1)
    tx.update(
        'storage',
        found['id'],
        unit=unit,
        attached=0,
        detaching=0,
        owner=row['application_name'],
        since=now,
    )
    tx.wake(unit)


def ask_detach(tx: db.Transaction, row: sqlite3.Row, *, now: float) -> None:
    """Let the unit that holds an instance give it back: first its hook runs.

    Raises:
        Error: If nobody holds it, or its data could not outlive that.
    """
    if row['unit'] is None:
        raise errors.Error(f'storage {row["name"]} is not attached')
    if not row['persistent']:
        raise errors.Error(
            f'storage {row["name"]} of pool "{row["pool"]}" is not detachable; '
            '"solo remove-storage --force" destroys it'
        )
    _leave(tx, row, now)


def _leave(tx: db.Transaction, row: sqlite3.Row, now: float) -> None:
    tx.update('storage', row['id'], detaching=1, since=now)
    tx.wake(row['unit'])
    if not row['attached']:  # the unit never saw it
        detach(tx, units.row(tx, row['unit']), row['name'], now=now)


def remove(
    tx: db.Transaction, row: sqlite3.Row, *, destroy: bool, force: bool, now: float
) -> None:
    """Take an instance out of the model, with its data or without.

    Raises:
        Error: ``storage is attached``, unless forced.
    """
    if row['unit'] is not None and not force:
        raise errors.Error('storage is attached', 'storage is attached')
    tx.update('storage', row['id'], life='dying', released=not destroy, since=now)
    if row['unit'] is not None:
        _leave(tx, row, now)


def location(declared: metadata.Storage, name: str) -> str:
    """Return where a charm wants the instance, '' when it leaves that to Juju.

    Source: juju 3.6: state/filesystem.go FilesystemMountPoint.
    """
    if not declared.location:
        return ''
    return declared.location if declared.maximum == 1 else f'{declared.location}/{name}'


def views(tx: db.Transaction, unit: int) -> tuple[model.StorageView, ...]:
    """Return the unit's instances; one that the unit is to give back is dying to it."""
    return tuple(
        model.StorageView(
            id=row['name'],
            kind=row['kind'],
            location=row['location'],
            life=model.Life.DYING if row['detaching'] else model.Life(row['life']),
            attached=bool(row['attached']),
        )
        for row in tx.all('SELECT * FROM storage WHERE unit = ? ORDER BY id', unit)
    )


def of_unit(tx: db.Transaction, unit: int) -> list[str]:
    """Return the names of the unit's instances."""
    return [view.id for view in views(tx, unit)]


def is_kept(tx: db.Transaction, model_row: int, name: str) -> bool:
    """Tell whether an instance's data outlive their unit if the operator says nothing."""
    return bool(find(tx, model_row, name)['persistent'])


def detach(tx: db.Transaction, unit: sqlite3.Row, name: str, *, now: float) -> None:
    """End the attachment; what is to be destroyed is left to the provisioner."""
    row = find(tx, unit['model'], name)
    if row['unit'] != unit['id']:
        return
    kept = row['life'] == 'alive' and row['persistent'] and not unit['destroy_storage']
    tx.update(
        'storage',
        row['id'],
        unit=None,
        attached=0,
        detaching=0,
        life='alive' if kept else 'dying',
        since=now,
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


def left(tx: db.Transaction) -> list[sqlite3.Row]:
    """Return the instances that no unit holds, and that still have a place in a machine."""
    return tx.all("SELECT * FROM storage WHERE unit IS NULL AND location != ''")


def doomed(tx: db.Transaction) -> list[sqlite3.Row]:
    """Return the instances that are to go, most of them with their data."""
    return tx.all("SELECT * FROM storage WHERE unit IS NULL AND life != 'alive'")


def declared(charm: metadata.Charm, name: str) -> metadata.Storage:
    """Return the declaration of the instance *name* (``data/0``)."""
    kind = name.partition('/')[0]
    return next(
        (storage for storage in charm.storage if storage.name == kind),
        metadata.Storage(kind),
    )
