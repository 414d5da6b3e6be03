"""What the model is to become, as ``goal-state`` prints it. Source: contract 3.15."""

from __future__ import annotations

import sqlite3
from typing import Any

from .. import formats
from . import db


def state(tx: db.Transaction, unit: sqlite3.Row) -> dict[str, Any]:
    """Return units of the application, and applications and units related to it."""
    relations: dict[str, dict[str, Any]] = {}
    for row in tx.all(
        "SELECT mine.endpoint, CASE a.remote WHEN 'offer' THEN a.url ELSE a.name END AS name,"
        ' a.id, r.since, r.life FROM relation_endpoint mine'
        ' JOIN relation r ON r.id = mine.relation'
        ' JOIN relation_endpoint other ON other.relation = r.id'
        ' AND other.application != mine.application'
        ' JOIN application a ON a.id = other.application WHERE mine.application = ?'
        " AND a.remote IS NOT 'consumer'",
        unit['application'],
    ):
        end = relations.setdefault(row['endpoint'], {})
        end[row['name']] = {'status': 'joined', 'since': formats.utc_time(row['since'])}
        end.update(_units(tx, row['id']))
    return {'units': _units(tx, unit['application'], unit['principal']), 'relations': relations}


def _units(
    tx: db.Transaction, application: int, principal: int | None = None
) -> dict[str, dict[str, str]]:
    return {
        f'{row["application_name"]}/{row["number"]}': {
            'status': row['workload_status'] if row['life'] == 'alive' else 'dying',
            'since': formats.utc_time(row['workload_since']),
        }
        for row in tx.all(
            'SELECT u.*, a.name AS application_name FROM unit u'
            ' JOIN application a ON a.id = u.application WHERE a.id = ?'
            " AND u.life != 'dead' AND (? IS NULL OR u.principal = ?)",
            application,
            principal,
            principal,
        )
    }
