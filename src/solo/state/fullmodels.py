"""What ``juju models`` and ``juju show-model`` say of a model.

Source: juju: cmd/juju/common/model.go (ModelInfo).
"""

from __future__ import annotations

import os
import sqlite3
from typing import Any

from .. import folders, formats, juju, names
from . import db

Json = dict[str, Any]


def describe(tx: db.Transaction, row: sqlite3.Row, *, controller: str, utc: bool) -> Json:
    """Return the facts about a model.

    Args:
        tx: A reading transaction.
        row: The model's row.
        controller: The controller's uuid.
        utc: Whether times are printed as UTC.
    """
    machines = [
        each['name'] for each in tx.all('SELECT name FROM machine WHERE model = ?', row['id'])
    ]
    units = tx.value(
        'SELECT count(*) FROM unit u JOIN application a ON a.id = u.application WHERE a.model = ?',
        row['id'],
    )
    return {
        'name': f'{juju.USER}/{row["name"]}',
        'short-name': row['name'],
        'model-uuid': row['uuid'],
        'model-type': 'iaas',
        'controller-uuid': controller,
        'controller-name': folders.controller_name(),
        'is-controller': False,
        'owner': juju.USER,
        'cloud': juju.CLOUD,
        'region': juju.CLOUD,
        'type': 'local',
        'life': row['life'],
        'status': {
            'current': 'available' if row['life'] == 'alive' else 'destroying',
            'since': formats.status_time(row['created'], utc=utc),
        },
        'users': {
            juju.USER: {
                'display-name': juju.USER,
                'access': 'admin',
                'last-connection': 'just now',
            }
        },
        'machines': {
            name: {'cores': os.cpu_count() or 1} for name in sorted(machines, key=names.natural)
        },
        'sla': 'unsupported',
        'agent-version': juju.JUJU_VERSION,
        '_units': units,
    }
