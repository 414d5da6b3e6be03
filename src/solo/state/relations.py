"""Relations: their ends, who is in scope, and the bags."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping

from .. import errors, names
from ..charm import metadata
from . import charms, db, endpoints, twins, units


def add_peers(tx: db.Transaction, application: sqlite3.Row, *, now: float) -> None:
    """Make a relation for each peer endpoint; they take numbers too (contract 6.1)."""
    for endpoint in charms.get(tx, application['charm']).endpoints:
        if endpoint.role == 'peers':
            add(tx, application['model'], (endpoints.End(application, endpoint),), now)


def integrate(tx: db.Transaction, model: int, first: str, second: str, *, now: float) -> int:
    """Relate two applications and return the relation's number.

    Raises:
        Error: In Juju's words (contract 4.4).
    """
    ends = endpoints.infer(tx, model, first, second)
    key = endpoints.key(ends)
    for end in ends:
        if end.application['life'] != 'alive':
            name = end.application['name']
            raise errors.Error(f'cannot add relation "{key}": application "{name}" is not alive')
    existing = _find_between(tx, ends)
    if existing is not None:
        if existing['life'] != 'alive':
            raise errors.Error(
                f'cannot add relation "{key}": relation {key} is dying, but not yet removed'
            )
        raise errors.Error(
            f'cannot add relation "{key}"\nrelation {key} already exists (already exists): \n\n'
            "Use 'solo status --relations' to view the current relations."
        )
    row = add(tx, model, ends, now)
    return tx.value('SELECT number FROM relation WHERE id = ?', row)


def add(tx: db.Transaction, model: int, ends: tuple[endpoints.End, ...], now: float) -> int:
    """Add a relation of ends that fit, and return its row.

    Raises:
        Error: If an endpoint would have more relations than its charm wants.
    """
    for end in ends:
        _check_limit(tx, end, endpoints.key(ends))
    number = db.sequence(tx, model, 'relation')
    scope = 'container' if any(end.endpoint.scope == 'container' for end in ends) else 'global'
    relation = tx.insert(
        'relation',
        model=model,
        number=number,
        interface=ends[0].endpoint.interface,
        scope=scope,
        since=now,
    )
    for end in ends:
        tx.insert(
            'relation_endpoint',
            relation=relation,
            application=end.application['id'],
            endpoint=end.endpoint.name,
            role=end.endpoint.role,
            implicit=end.endpoint == metadata.JUJU_INFO,
        )
        wake_application(tx, end.application['id'])
    return relation


def _check_limit(tx: db.Transaction, end: endpoints.End, key: str) -> None:
    count = tx.value(
        'SELECT count(*) FROM relation_endpoint WHERE application = ? AND endpoint = ?',
        end.application['id'],
        end.endpoint.name,
    )
    if end.endpoint.limit and count >= end.endpoint.limit:
        raise errors.Error(
            f'cannot add relation "{key}": establishing a new relation for {end} would exceed its '
            f'maximum relation limit of {end.endpoint.limit}',
            'quota limit exceeded',
        )


def _find_between(
    tx: db.Transaction, ends: tuple[endpoints.End, endpoints.End]
) -> sqlite3.Row | None:
    return tx.one(
        'SELECT r.* FROM relation r JOIN relation_endpoint a ON a.relation = r.id'
        ' JOIN relation_endpoint b ON b.relation = r.id WHERE a.application = ?'
        ' AND a.endpoint = ? AND b.application = ? AND b.endpoint = ?',
        ends[0].application['id'],
        ends[0].endpoint.name,
        ends[1].application['id'],
        ends[1].endpoint.name,
    )


def find(tx: db.Transaction, model: int, first: str, second: str) -> sqlite3.Row:
    """Return the one relation between two applications, endpoints given or not.

    Raises:
        Error: If there is none, or the names fit several, or it is a peer relation.
    """
    one, two = endpoints.split(first), endpoints.split(second)
    for name, _ in (one, two):
        if not tx.one('SELECT 1 FROM application WHERE model = ? AND name = ?', model, name):
            raise errors.not_found('application', name)
    if one[0] == two[0]:
        raise errors.Error('cannot remove a peer relation')
    found = tx.all(
        'SELECT r.* FROM relation r JOIN relation_endpoint a ON a.relation = r.id'
        ' JOIN relation_endpoint b ON b.relation = r.id'
        ' JOIN application x ON x.id = a.application JOIN application y ON y.id = b.application'
        ' WHERE r.model = ? AND x.name = ? AND y.name = ?'
        " AND ? IN ('', a.endpoint) AND ? IN ('', b.endpoint)",
        model,
        one[0],
        two[0],
        one[1],
        two[1],
    )
    if not found:
        raise errors.Error(f'relation matching "{first} {second}" not found', 'not found')
    if len(found) > 1:
        choices = '; '.join(f'"{key(tx, row["id"])}"' for row in found)
        raise errors.Error(f'ambiguous relation: "{first} {second}" could refer to {choices}')
    return found[0]


def by_number(tx: db.Transaction, model: int, number: int) -> sqlite3.Row:
    """Return the relation's row.

    Raises:
        Error: ``relation not found``: ops looks for these words.
    """
    row = tx.one('SELECT * FROM relation WHERE model = ? AND number = ?', model, number)
    if row is None:
        raise errors.Error(f'relation {number}: relation not found', 'not found')
    return row


def wake_application(tx: db.Transaction, application: int) -> None:
    """Let every unit of the application look again."""
    tx.wake(*(row[0] for row in tx.all('SELECT id FROM unit WHERE application = ?', application)))


def wake_others(tx: db.Transaction, relation: int, unit_name: str) -> None:
    """Let whoever can see the bag of *unit_name* look again: the other side, or the peers."""
    application = names.unit(unit_name).application
    tx.wake(
        *(
            row[0]
            for row in tx.all(
                'SELECT u.id FROM relation_endpoint e JOIN application a ON a.id = e.application'
                ' JOIN unit u ON u.application = a.id WHERE e.relation = ?'
                " AND (a.name != ? OR e.role = 'peers') AND a.name || '/' || u.number != ?",
                relation,
                application,
                unit_name,
            )
        )
    )


def enter_scope(
    tx: db.Transaction, unit: sqlite3.Row, number: int, bag: Mapping[str, str], *, now: float
) -> None:
    """Make the unit a member, with Juju's default keys in its bag (contract 3.5)."""
    relation = by_number(tx, unit['model'], number)
    if tx.one(
        "SELECT 1 FROM relation_unit WHERE relation = ? AND unit_name = ? AND scope != 'left'",
        relation['id'],
        unit['name'],
    ):
        return
    # It may have left before, when the relation was suspended.
    tx.execute(
        'INSERT INTO relation_unit (relation, unit_name, unit, bag) VALUES (?, ?, ?, ?)'
        " ON CONFLICT DO UPDATE SET scope = 'in', bag = excluded.bag, version = version + 1",
        relation['id'],
        unit['name'],
        unit['id'],
        json.dumps(dict(bag)),
    )
    _tell(tx, relation['id'], unit['name'])
    if relation['scope'] == 'container' and unit['principal'] is None:
        for other in tx.all(
            'SELECT a.* FROM relation_endpoint e JOIN application a ON a.id = e.application'
            " WHERE e.relation = ? AND a.id != ? AND a.life = 'alive'",
            relation['id'],
            unit['application'],
        ):
            if charms.get(tx, other['charm']).subordinate:
                units.add_subordinate(tx, other, unit, now=now)


def leave_scope(tx: db.Transaction, unit_name: str, relation: int) -> None:
    """End the membership in the relation's row; the bag stays readable while it lives."""
    tx.execute(
        "UPDATE relation_unit SET scope = 'left' WHERE relation = ? AND unit_name = ?",
        relation,
        unit_name,
    )
    _tell(tx, relation, unit_name)


def _tell(tx: db.Transaction, relation: int, unit_name: str) -> None:
    """Let all who can see a unit's membership and bag look again, in this model and the other."""
    wake_others(tx, relation, unit_name)
    twins.mirror_unit(tx, relation, unit_name)


def depart(tx: db.Transaction, unit: sqlite3.Row) -> None:
    """Mark a dying unit's memberships, so that the others see it go at once (juju 3.6)."""
    for row in tx.all(
        "SELECT relation FROM relation_unit WHERE unit = ? AND scope = 'in'", unit['id']
    ):
        tx.execute(
            "UPDATE relation_unit SET scope = 'departing' WHERE relation = ? AND unit_name = ?",
            row['relation'],
            unit['name'],
        )
        _tell(tx, row['relation'], unit['name'])


def bag(tx: db.Transaction, unit: sqlite3.Row, number: int, member: str) -> dict[str, str]:
    """Return the bag of *member* (unit or application) as *unit* may read it (contract 3.4).

    Raises:
        Error: ``permission denied``, or ``settings not found``.
    """
    relation = by_number(tx, unit['model'], number)
    application = member.partition('/')[0]
    end = tx.one(
        'SELECT e.* FROM relation_endpoint e JOIN application a ON a.id = e.application'
        ' WHERE e.relation = ? AND a.name = ?',
        relation['id'],
        application,
    )
    mine = tx.one(
        'SELECT 1 FROM relation_endpoint WHERE relation = ? AND application = ?',
        relation['id'],
        unit['application'],
    )
    if end is None or mine is None:
        raise errors.Error('permission denied', 'unauthorized access')
    if '/' not in member:
        own = application == unit['application_name']
        if own and end['role'] != 'peers' and unit['lease_holder'] != unit['id']:
            raise errors.Error('permission denied', 'unauthorized access')
        return json.loads(end['bag'])
    other_of_mine = application == unit['application_name'] and member != unit['name']
    if other_of_mine and end['role'] != 'peers':
        raise errors.Error('permission denied', 'unauthorized access')
    text = tx.value(
        'SELECT bag FROM relation_unit WHERE relation = ? AND unit_name = ?',
        relation['id'],
        member,
    )
    if text is None:
        if member == unit['name']:
            return {}
        raise errors.Error(
            f'cannot read settings for unit "{member}" in relation "{key(tx, relation["id"])}": '
            f'unit "{member}": settings not found',
            'not found',
        )
    return json.loads(text)


def key(tx: db.Transaction, relation: int) -> str:
    """Return Juju's name of the relation, who requires first: ``web:db pg:server``."""
    return ' '.join(
        f'{row["name"]}:{row["endpoint"]}'
        for row in tx.all(
            'SELECT a.name, e.endpoint FROM relation_endpoint e JOIN application a'
            " ON a.id = e.application WHERE e.relation = ? ORDER BY e.role != 'requires'",
            relation,
        )
    )


def write_unit_bag(
    tx: db.Transaction, unit: sqlite3.Row, number: int, changes: Mapping[str, str | None]
) -> None:
    """Apply *changes*; only a change of content is news to the others (contract 2.4)."""
    relation = by_number(tx, unit['model'], number)
    row = tx.one(
        'SELECT * FROM relation_unit WHERE relation = ? AND unit_name = ?',
        relation['id'],
        unit['name'],
    )
    if row is None:
        raise errors.Error(
            f'unit "{unit["name"]}" is not in relation {number}: relation not found'
        )
    before = json.loads(row['bag'])
    after = _changed(before, changes)
    if after != before:
        tx.execute(
            'UPDATE relation_unit SET bag = ?, version = version + 1'
            ' WHERE relation = ? AND unit_name = ?',
            json.dumps(after),
            relation['id'],
            unit['name'],
        )
        _tell(tx, relation['id'], unit['name'])


def write_application_bag(
    tx: db.Transaction, unit: sqlite3.Row, number: int, changes: Mapping[str, str | None]
) -> None:
    """Apply *changes* to the application's bag; only its leader may.

    Raises:
        Error: ``cannot write relation settings``.
    """
    if unit['lease_holder'] != unit['id']:
        raise errors.Error('cannot write relation settings')
    relation = by_number(tx, unit['model'], number)
    row = tx.one(
        'SELECT * FROM relation_endpoint WHERE relation = ? AND application = ?',
        relation['id'],
        unit['application'],
    )
    if row is None:
        raise errors.Error('cannot write relation settings')
    before = json.loads(row['bag'])
    after = _changed(before, changes)
    if after == before:
        return
    tx.execute(
        'UPDATE relation_endpoint SET bag = ?, version = version + 1'
        ' WHERE relation = ? AND application = ?',
        json.dumps(after),
        relation['id'],
        unit['application'],
    )
    # In a peer relation the leader, too, hears of its own write (contract 2.4).
    for end in tx.all('SELECT * FROM relation_endpoint WHERE relation = ?', relation['id']):
        if end['application'] != unit['application'] or end['role'] == 'peers':
            wake_application(tx, end['application'])
    twins.mirror_application(tx, relation['id'], unit['application'])


def _changed(before: Mapping[str, str], changes: Mapping[str, str | None]) -> dict[str, str]:
    merged = {**before, **changes}
    return {name: value for name, value in merged.items() if value}
