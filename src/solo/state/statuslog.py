"""What entities said before: ``show-status-log``. The last few hundred of each are kept.

Source: juju: cmd/juju/status/history.go, core/status/statushistory.go.
"""

from __future__ import annotations

from typing import Any

from .. import formats
from . import db

KEPT = 200
_EVERY = 20  # records between two looks at what is too much
# What ``--type`` means, in the kinds that are recorded.
KINDS = {
    'unit': ('workload', 'juju-unit'),
    'workload': ('workload',),
    'juju-unit': ('juju-unit',),
    'application': ('application',),
    'machine': ('juju-machine', 'machine'),
    'juju-machine': ('juju-machine',),
    'model': ('model',),
}


def record(
    tx: db.Transaction,
    model: int,
    entity: str,
    kind: str,
    status: str,
    message: str,
    now: float,
) -> None:
    """Add what an entity says now, unless it said the same last."""
    last = tx.one(
        'SELECT status, message FROM status_log WHERE model = ? AND entity = ? AND kind = ?'
        ' ORDER BY id DESC LIMIT 1',
        model,
        entity,
        kind,
    )
    if last is not None and (last['status'], last['message']) == (status, message):
        return
    row = tx.insert(
        'status_log',
        model=model,
        time=now,
        entity=entity,
        kind=kind,
        status=status,
        message=message,
    )
    if row % _EVERY == 0:
        tx.execute(
            'DELETE FROM status_log WHERE model = ? AND entity = ? AND id <= (SELECT id'
            ' FROM status_log WHERE model = ? AND entity = ? ORDER BY id DESC LIMIT 1 OFFSET ?)',
            model,
            entity,
            model,
            entity,
            KEPT,
        )


def shown(
    tx: db.Transaction, model: int, entity: str, kind: str, *, count: int, since: float
) -> list[dict[str, Any]]:
    """Return the last *count* records of a kind of :data:`KINDS`, oldest first.

    Args:
        count: At most so many; 0 is all.
        since: Only those after this time.
    """
    kinds = KINDS[kind]
    rows = tx.all(
        'SELECT * FROM (SELECT * FROM status_log WHERE model = ? AND entity = ? AND time >= ?'
        f' AND kind IN ({", ".join("?" * len(kinds))}) ORDER BY id DESC LIMIT ?) ORDER BY id',
        model,
        entity,
        since,
        *kinds,
        count or -1,
    )
    return [
        {
            'status': row['status'],
            **({'message': row['message']} if row['message'] else {}),
            'since': formats.rfc3339(row['time']),
            'type': row['kind'],
        }
        for row in rows
    ]
