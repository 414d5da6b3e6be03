"""What ``juju show-unit`` says of one unit.

Source: juju: cmd/juju/application/showunit.go.
"""

from __future__ import annotations

import json
from typing import Any

from .. import errors, names
from . import db

Json = dict[str, Any]


def show(tx: db.Transaction, model: int, name: str) -> Json:
    """Return the facts about unit *name*, its relations and their bags.

    Raises:
        Error: ``unit "x/0" not found``.
    """
    unit = names.unit(name)
    row = tx.one(
        'SELECT u.*, a.lease_holder, c.name AS charm_name,'
        ' c.revision, m.name AS machine_name, m.address FROM unit u'
        ' JOIN application a ON a.id = u.application JOIN charm c ON c.id = a.charm'
        ' LEFT JOIN machine m ON m.id = u.machine'
        ' WHERE a.model = ? AND a.name = ? AND u.number = ?',
        model,
        unit.application,
        unit.number,
    )
    if row is None:
        raise errors.not_found('unit', name)
    found: Json = {}
    if row['version']:
        found['workload-version'] = row['version']
    if row['machine_name'] is not None:
        found['machine'] = row['machine_name']
    found['opened-ports'] = _ports(tx, row['id'])
    if row['address']:
        found['public-address'] = row['address']
    found.update(
        {
            'charm': f'local:{row["charm_name"]}-{row["revision"]}',
            'leader': row['lease_holder'] == row['id'],
            'life': row['life'],
        }
    )
    relations = _relations(tx, row['application'], name)
    if relations:
        found['relation-info'] = relations
    return {name: found}


def _ports(tx: db.Transaction, unit: int) -> list[str]:
    rows = tx.all(
        'SELECT DISTINCT first, last, protocol FROM port WHERE unit = ?'
        ' ORDER BY protocol, first, last',
        unit,
    )
    return [
        'icmp'
        if row['protocol'] == 'icmp'
        else f'{row["first"]}/{row["protocol"]}'
        if row['first'] == row['last']
        else f'{row["first"]}-{row["last"]}/{row["protocol"]}'
        for row in rows
    ]


def _relations(tx: db.Transaction, application: int, name: str) -> list[Json]:
    return [
        _relation(tx, row, application, name)
        for row in tx.all(
            'SELECT r.id, r.number, e.endpoint, e.role, e.bag FROM relation_endpoint e'
            ' JOIN relation r ON r.id = e.relation WHERE e.application = ? ORDER BY r.number',
            application,
        )
    ]


def _relation(tx: db.Transaction, mine: Any, application: int, name: str) -> Json:
    """Return one relation: the bag of the other application, and the units' bags."""
    other: Any = mine
    if mine['role'] != 'peers':
        other = tx.one(
            'SELECT e.endpoint, e.bag, a.remote FROM relation_endpoint e'
            ' JOIN application a ON a.id = e.application'
            ' WHERE e.relation = ? AND e.application <> ?',
            mine['id'],
            application,
        )
    between_models = mine['role'] != 'peers' and other['remote'] is not None
    found: Json = {
        'relation-id': mine['number'],
        'endpoint': mine['endpoint'],
        **({'cross-model': True} if between_models else {}),
        'related-endpoint': other['endpoint'],
        'application-data': json.loads(other['bag']),
    }
    own = names.unit(name).application
    related: Json = {}
    for row in tx.all(
        'SELECT unit_name, scope, bag FROM relation_unit WHERE relation = ?'
        " AND (unit IS NOT NULL OR ? AND scope != 'left')",
        mine['id'],
        between_models,
    ):
        bag = {'in-scope': row['scope'] == 'in', 'data': json.loads(row['bag'])}
        if row['unit_name'] == name:
            found['local-unit'] = bag
        elif mine['role'] == 'peers' or names.unit(row['unit_name']).application != own:
            related[row['unit_name']] = bag
    if related:
        found['related-units'] = {
            unit: related[unit] for unit in sorted(related, key=names.natural)
        }
    return found
