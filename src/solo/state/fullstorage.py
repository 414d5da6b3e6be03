"""What ``juju storage --format json`` and the storage part of ``status`` say.

Source: juju: cmd/juju/storage/list.go, storage.go.
"""

from __future__ import annotations

import sqlite3
from typing import Any

from .. import formats
from . import db, pools

Json = dict[str, Any]


def storage(tx: db.Transaction, model: int, *, utc: bool = False) -> Json:
    """Return the storage of the model with row id *model*; without any, an empty map."""
    instances: Json = {}
    filesystems: Json = {}
    for row in tx.all(
        'SELECT s.*, u.number AS unit_number, a.name AS application, m.name AS machine'
        ' FROM storage s LEFT JOIN unit u ON u.id = s.unit'
        ' LEFT JOIN application a ON a.id = u.application'
        ' LEFT JOIN machine m ON m.id = u.machine WHERE s.model = ? ORDER BY s.id',
        model,
    ):
        since = formats.status_time(row['since'], utc=utc)
        held = row['unit'] is not None
        current = _current(row)
        status = {'current': current, 'since': since}
        attachment = 'dying' if row['detaching'] else 'alive'
        place = {'machine': row['machine'] or '', 'location': row['location'], 'life': attachment}
        unit = {f'{row["application"]}/{row["unit_number"]}': place} if held else {}
        instances[row['name']] = {
            'kind': row['kind'],
            'life': row['life'],
            'status': status,
            'persistent': bool(row['persistent']),
            **({'attachments': {'units': unit}} if held else {}),
        }
        machine = row['machine']
        mount = {'mount-point': row['location'], 'read-only': False, 'life': attachment}
        number = row['name'].rpartition('/')[2]
        # What goes with its machine is numbered below it.
        scope = f'{machine}/' if machine and not row['persistent'] else ''
        filesystems[f'{scope}{number}'] = {
            'provider-id': row['folder'],
            'storage': row['name'],
            **(
                {'attachments': {'machines': {machine: mount} if machine else {}, 'units': unit}}
                if held
                else {}
            ),
            'pool': row['pool'],
            'size': row['size_mb'],
            'life': row['life'],
            'status': status,
        }
    return {'storage': instances, 'filesystems': filesystems} if instances else {}


def _current(row: sqlite3.Row) -> str:
    if row['unit'] is None:
        return 'destroying' if row['life'] != 'alive' else 'detached'
    if row['detaching']:
        return 'detaching'
    return 'attached' if row['attached'] else 'pending'


def pools_of(tx: db.Transaction, model: int) -> Json:
    """Return what ``juju storage-pools --format json`` prints."""
    found: Json = {}
    for pool in pools.all_of(tx, model):
        attributes = {'attrs': dict(pool.attributes)} if pool.attributes else {}
        found[pool.name] = {'provider': pool.provider, **attributes}
    return found
