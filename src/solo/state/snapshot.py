"""All that a unit may know, read in one transaction.

Source: juju: internal/worker/uniter/remotestate/snapshot.go.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Mapping
from typing import Any

from .. import model
from . import (
    applications,
    charms,
    codec,
    db,
    machines,
    models,
    operations,
    secretevents,
    storage,
    units,
)


def read(tx: db.Transaction, unit_id: int, now: float) -> tuple[model.LocalState, model.Snapshot]:
    """Return what the unit has done, and what it may know.

    Args:
        now: Seconds since the epoch.

    Raises:
        Error: If the unit is gone.
    """
    unit = units.row(tx, unit_id)
    application = tx.one('SELECT * FROM application WHERE id = ?', unit['application'])
    machine = tx.one('SELECT * FROM machine WHERE id = ?', unit['machine'])
    settings = tx.one('SELECT * FROM model WHERE id = ?', unit['model'])
    assert application is not None and machine is not None and settings is not None
    config = {**models.DEFAULTS, **models.config(settings)}
    leads = unit['lease_holder'] == unit['id']
    due = unit['update_status_at']
    return codec.local_from_json(unit['local']), model.Snapshot(
        unit=unit['name'],
        life=model.Life(unit['life']),
        application_life=model.Life(unit['application_life']),
        now=now,
        charm=unit['charm'],
        charm_modified=application['charm_modified'],
        config_hash=_digest(
            applications.config(tx, application), application['trust'], machine['address']
        ),
        is_leader=leads,
        relations=_relations(tx, unit),
        storage=storage.views(tx, unit_id),
        secrets=secretevents.events(tx, unit, now),
        actions=operations.pending(tx, unit_id),
        commands=(),  # a juju-exec lives in its agent, as long as its caller
        abandoned=0 < unit['forced'] <= now,
        resolved=unit['resolved'] or ('no-retry' if unit['forced'] else None),
        update_status_due=due is not None and due <= now,
        boot_id=machines.boot(tx, machine),
        leader_settings=_leader_settings(application),
        has_subordinates=bool(tx.one('SELECT 1 FROM unit WHERE principal = ?', unit_id)),
        retry_hooks=bool(config['automatically-retry-hooks']),
        charm_forced=application['forced_charm'] == application['charm_modified'],
    )


def _digest(*parts: Any) -> str:
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:16]


def _leader_settings(application: sqlite3.Row) -> str:
    text = application['leader_settings']
    return '' if text == '{}' else _digest(text)


def _relations(tx: db.Transaction, unit: sqlite3.Row) -> dict[int, model.RelationView]:
    """Return the unit's relations by number, without those that are not for it."""
    ends: dict[int, list[sqlite3.Row]] = {}
    for row in tx.all(
        'SELECT r.id AS row, r.number, r.life, r.interface, r.scope, r.suspended, e.application,'
        ' e.endpoint, e.role, e.implicit, e.version, a.name FROM relation_endpoint mine'
        ' JOIN relation r ON r.id = mine.relation JOIN relation_endpoint e ON e.relation = r.id'
        ' JOIN application a ON a.id = e.application WHERE mine.application = ?',
        unit['application'],
    ):
        ends.setdefault(row['row'], []).append(row)
    members: dict[int, list[sqlite3.Row]] = {}
    # Its own application's other units are its business among peers only: the database leaves
    # them out, or n units would read n rows at each of their hooks. '0' is what follows '/'.
    for row in tx.all(
        'SELECT m.relation, m.unit_name, m.unit, m.scope, m.version, u.principal'
        ' FROM relation_unit m JOIN relation_endpoint mine ON mine.relation = m.relation'
        ' LEFT JOIN unit u ON u.id = m.unit WHERE mine.application = ?'
        " AND (m.unit_name = ? OR mine.role = 'peers'"
        ' OR NOT (m.unit_name > ? AND m.unit_name < ?))',
        unit['application'],
        unit['name'],
        f'{unit["application_name"]}/',
        f'{unit["application_name"]}0',
    ):
        members.setdefault(row['relation'], []).append(row)
    views: dict[int, model.RelationView] = {}
    for relation, both in ends.items():
        view = _view(unit, both, members.get(relation, []))
        if view.scope != 'container' or view.in_scope or _may_enter(tx, unit, both):
            views[view.id] = view
    return views


def _may_enter(tx: db.Transaction, unit: sqlite3.Row, ends: list[sqlite3.Row]) -> bool:
    """Tell whether a container relation is the unit's business, and now.

    A subordinate has no part in its application's relations to other principals. A principal
    waits until the subordinate unit of an earlier relation has gone; a new one takes its place.

    Source: juju 3.6: state/relationunit.go (Valid, subordinateOps); contract 6.4.
    """
    other = next((end for end in ends if end['application'] != unit['application']), None)
    if other is None:
        return True
    if unit['principal'] is None:
        return not tx.one(
            "SELECT 1 FROM unit WHERE principal = ? AND application = ? AND life != 'alive'",
            unit['id'],
            other['application'],
        )
    principal = tx.value('SELECT application FROM unit WHERE id = ?', unit['principal'])
    charm = tx.value('SELECT charm FROM application WHERE id = ?', other['application'])
    return other['application'] == principal or charms.get(tx, charm).subordinate


def _view(
    unit: sqlite3.Row, ends: list[sqlite3.Row], members: list[sqlite3.Row]
) -> model.RelationView:
    mine = next(end for end in ends if end['application'] == unit['application'])
    other = next((end for end in ends if end['application'] != unit['application']), mine)
    seen: dict[str, int] = {}
    scope = ''
    for row in members:
        if row['unit_name'] == unit['name']:
            scope = row['scope']
            continue
        of_mine = row['unit_name'].rpartition('/')[0] == unit['application_name']
        if of_mine != (mine is other) or row['scope'] != 'in':
            continue
        # The container is the principal unit: what shares it sees each other.
        is_near = (row['principal'] or row['unit']) == (unit['principal'] or unit['id'])
        if mine['scope'] == 'container' and mine is not other and not is_near:
            continue
        seen[row['unit_name']] = row['version']
    applications_seen: Mapping[str, int] = {other['name']: other['version']}
    return model.RelationView(
        id=mine['number'],
        endpoint=mine['endpoint'],
        role=mine['role'],
        interface=mine['interface'],
        scope=mine['scope'],
        remote_app=other['name'],
        life=model.Life(mine['life']),
        in_scope=scope in ('in', 'departing'),
        members=seen,
        applications=applications_seen,
        implicit=bool(mine['implicit']),
        suspended=bool(mine['suspended']),
    )
