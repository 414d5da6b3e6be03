"""Offers: endpoints of an application that other models may relate to.

Source: juju 3.6: state/applicationoffers.go; apiserver/facades/client/applicationoffers.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any

from .. import errors, formats, juju, offerurl
from ..charm import metadata
from . import applications, charms, db, models, removal, twins

_ROLES = {'provides': 'provider', 'requires': 'requirer', 'peers': 'peer'}
Json = dict[str, Any]


def offer(
    tx: db.Transaction, model: int, application: str, endpoints: Sequence[str], name: str
) -> None:
    """Offer endpoints under a name; an offer that is there gets these endpoints instead.

    Raises:
        Error: In Juju's words, if the application or an endpoint isn't there.
    """
    try:
        row = applications.find(tx, model, application)
    except errors.Error as error:
        raise errors.Error(
            f'getting offered application {application}: {error.message}', error.code
        ) from None
    charm = charms.get(tx, row['charm'])
    for endpoint in endpoints:
        if charm.endpoint(endpoint) is None:
            raise errors.Error(
                f'getting relation endpoint for relation "{endpoint}" and application '
                f'"{application}": application "{application}" has no "{endpoint}" relation',
                'not found',
            )
    there = tx.one('SELECT * FROM offer WHERE model = ? AND name = ?', model, name)
    if there is not None and there['application'] != row['id']:
        raise errors.Error(f'application offer "{name}" already exists', 'already exists')
    tx.execute(
        'INSERT INTO offer (application, model, name, endpoints) VALUES (?, ?, ?, ?)'
        ' ON CONFLICT DO UPDATE SET endpoints = excluded.endpoints',
        row['id'],
        model,
        name,
        json.dumps(list(endpoints)),
    )


def find(tx: db.Transaction, url: offerurl.OfferUrl) -> sqlite3.Row:
    """Return the row of an offer.

    Raises:
        Error: ``application offer "admin/model.x" not found``.
    """
    row = tx.one(
        'SELECT o.* FROM offer o JOIN model m ON m.id = o.model WHERE m.name = ? AND o.name = ?',
        url.model,
        url.offer,
    )
    if row is None or url.user not in ('', juju.USER):
        raise errors.not_found('application offer', url.path)
    return row


def of_model(tx: db.Transaction, model: int) -> list[sqlite3.Row]:
    """Return the rows of a model's offers, in the order of their names."""
    return tx.all('SELECT * FROM offer WHERE model = ? ORDER BY name', model)


def offers_of(tx: db.Transaction, application: int) -> dict[str, tuple[str, ...]]:
    """Return the endpoints that an application offers, by the offers' names."""
    return {
        row['name']: tuple(json.loads(row['endpoints']))
        for row in tx.all('SELECT * FROM offer WHERE application = ? ORDER BY name', application)
    }


def remove(tx: db.Transaction, row: sqlite3.Row, *, force: bool) -> None:
    """Withdraw an offer; with *force* the relations to it end, too.

    Raises:
        Error: ``cannot delete application offer "x": offer has 1 relation``.
    """
    held = connections(tx, row)
    if held and not force:
        raise errors.Error(
            f'cannot delete application offer "{row["name"]}": offer has {len(held)} '
            f'relation{"" if len(held) == 1 else "s"}'
        )
    for relation in held:
        removal.remove_relation(tx, relation['id'])
    tx.execute('DELETE FROM offer WHERE id = ?', row['id'])


def connections(tx: db.Transaction, row: sqlite3.Row) -> list[sqlite3.Row]:
    """Return the relations that came by an offer."""
    return tx.all('SELECT * FROM relation WHERE offer = ? ORDER BY number', row['id'])


def endpoints(tx: db.Transaction, row: sqlite3.Row) -> tuple[metadata.Endpoint, ...]:
    """Return the endpoints of an offer."""
    application = tx.one('SELECT * FROM application WHERE id = ?', row['application'])
    assert application is not None, 'an offer goes with its application'
    found = map(charms.get(tx, application['charm']).endpoint, json.loads(row['endpoints']))
    return tuple(endpoint for endpoint in found if endpoint is not None)


def shown_endpoints(offered: Sequence[metadata.Endpoint]) -> dict[str, Mapping[str, str]]:
    """Return endpoints as ``status`` and the verbs of offers print them."""
    return {
        each.name: {'interface': each.interface, 'role': _ROLES[each.role]}
        for each in sorted(offered, key=lambda each: each.name)
    }


def url(tx: db.Transaction, row: sqlite3.Row) -> str:
    """Return ``admin/model.offer``."""
    model = tx.value('SELECT name FROM model WHERE id = ?', row['model'])
    return offerurl.OfferUrl('', juju.USER, model, row['name']).path


def shown(tx: db.Transaction, row: sqlite3.Row, *, utc: bool) -> Json:
    """Return all about an offer: what ``offers``, ``find-offers`` and ``show-offer`` print of."""
    application = tx.one(
        'SELECT a.name, c.name AS charm, c.revision, a.charm AS row FROM application a'
        ' JOIN charm c ON c.id = a.charm WHERE a.id = ?',
        row['application'],
    )
    assert application is not None, 'an offer goes with its application'
    return {
        'name': row['name'],
        'application': application['name'],
        'description': charms.get(tx, application['row']).description,
        'charm': f'local:{application["charm"]}-{application["revision"]}',
        'url': url(tx, row),
        'endpoints': shown_endpoints(endpoints(tx, row)),
        'connections': [_connection(tx, each, utc=utc) for each in connections(tx, row)],
    }


def _connection(tx: db.Transaction, relation: sqlite3.Row, *, utc: bool) -> Json:
    twin = twins.other(tx, relation['id'])
    source = tx.value('SELECT uuid FROM model WHERE id = ?', twin['model']) if twin else ''
    status: Json = {'current': state(tx, relation)}
    if relation['reason']:
        status['message'] = relation['reason']
    status['since'] = formats.status_time(relation['since'], utc=utc)
    return {
        'source-model-uuid': source,
        'username': juju.USER,
        'relation-id': relation['number'],
        'endpoint': tx.value(
            'SELECT e.endpoint FROM relation_endpoint e JOIN application a'
            ' ON a.id = e.application WHERE e.relation = ? AND a.remote IS NULL',
            relation['id'],
        ),
        'status': status,
    }


def state(tx: db.Transaction, relation: sqlite3.Row) -> str:
    """Return a relation's state: ``joining``, ``joined``, ``suspended`` or ``broken``."""
    if relation['life'] != 'alive':
        return 'broken'
    if relation['suspended']:
        return 'suspended'
    joined = tx.one(
        "SELECT 1 FROM relation_unit WHERE relation = ? AND scope = 'in'", relation['id']
    )
    return 'joined' if joined else 'joining'


def in_controller(tx: db.Transaction, model: str) -> list[sqlite3.Row]:
    """Return the rows of all offers, or of those of one model.

    Raises:
        Error: If there is no such model.
    """
    if model:
        return of_model(tx, models.get(tx, model)['id'])
    return tx.all('SELECT * FROM offer ORDER BY model, name')
