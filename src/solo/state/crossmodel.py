"""Applications of other models, as a model that consumes their offers has them.

Source: juju 3.6: state/remoteapplication.go, apiserver/facades/controller/crossmodelrelations
(RegisterRemoteRelations); internal/worker/remoterelations.
"""

from __future__ import annotations

import secrets
import sqlite3
from pathlib import Path

from .. import errors, folders, offerurl
from ..charm import metadata, prepare
from . import charms, db, endpoints, offers, relations, removal, twins


def consume(tx: db.Transaction, model: int, url: offerurl.OfferUrl, alias: str) -> str:
    """Make an offer known in a model, and return its name there; again changes nothing.

    Raises:
        Error: If there is no such offer, or the name is taken.
    """
    offer = offers.find(tx, url)
    name = alias or url.offer
    there = tx.one('SELECT * FROM application WHERE model = ? AND name = ?', model, name)
    if there is not None and there['remote'] is None:
        raise errors.Error(
            f'cannot add saas application "{name}": local application with same name already '
            'exists',
            'already exists',
        )
    if there is not None and there['offer'] not in (None, offer['id']):
        raise errors.Error(
            f'saas application called "{name}" from a different model already exists',
            'already exists',
        )
    if there is not None and (there['life'] != 'alive' or there['offer'] is None):
        raise errors.Error(
            f'saas application called "{name}" exists but is terminated; first run '
            f"'solo remove-saas {name}'"
        )
    if there is None:
        row = _add(tx, model, name, offers.endpoints(tx, offer), remote='offer')
        tx.update(
            'application',
            row,
            url=f'{folders.controller_name()}:{url.path}',
            offer=offer['id'],
            counterpart=offer['application'],
        )
    return name


def _add(
    tx: db.Transaction,
    model: int,
    name: str,
    offered: tuple[metadata.Endpoint, ...],
    *,
    remote: str,
) -> int:
    """Add an application without units, with a charm that is nothing but these endpoints."""
    charm = charms.add(
        tx,
        model,
        prepare.Prepared(metadata.Charm(name=f'remote-{name}', endpoints=offered), '', Path(), ''),
    )
    return tx.insert('application', model=model, name=name, charm=charm, remote=remote)


def find(tx: db.Transaction, model: int, name: str) -> sqlite3.Row:
    """Return the row of an offer that a model consumes.

    Raises:
        Error: ``saas application "x" not found``.
    """
    row = tx.one(
        "SELECT * FROM application WHERE model = ? AND name = ? AND remote = 'offer'", model, name
    )
    if row is None:
        raise errors.not_found('saas application', name)
    return row


def remove(tx: db.Transaction, row: sqlite3.Row) -> None:
    """Forget an offer that is consumed; its relations end."""
    removal.remove_application(tx, row, destroy_storage=False, forced=0.0)


def integrate(tx: db.Transaction, model: int, first: str, second: str, *, now: float) -> int:
    """Relate two applications, of which one may be another model's; return the relation's number.

    An offer's URL is consumed first.

    Raises:
        Error: In Juju's words (contract 4.4).
    """
    texts = [_local(tx, model, text) for text in (first, second)]
    if all(offerurl.is_url(text) for text in (first, second)):
        raise errors.Error('providing more than one remote endpoints not supported')
    number = relations.integrate(tx, model, texts[0], texts[1], now=now)
    relation = relations.by_number(tx, model, number)
    saas = twins.far_end(tx, relation['id'])
    if saas is not None:
        _add_twin(tx, relation, saas, now=now)
    return number


def _local(tx: db.Transaction, model: int, text: str) -> str:
    """Return an end of a relation as this model names it."""
    if not offerurl.is_url(text):
        return text
    url = offerurl.parse(text)
    name = consume(tx, model, url, '')
    return f'{name}:{url.endpoint}' if url.endpoint else name


def _add_twin(tx: db.Transaction, relation: sqlite3.Row, saas: sqlite3.Row, *, now: float) -> None:
    """Make the same relation in the offer's model, to a stand-in of who consumes it."""
    offer = tx.one('SELECT * FROM offer WHERE id = ?', saas['offer'])
    offered = tx.one('SELECT * FROM application WHERE id = ?', saas['counterpart'])
    if offer is None or offered is None or offered['life'] != 'alive':
        raise errors.Error(
            f'Offer "{saas["name"]}" has been removed from the remote model.\n'
            'To integrate with a new offer with the same name, first run\n'
            f"'solo remove-saas {saas['name']}' to remove the SAAS record from this model."
        )
    theirs = charms.get(tx, offered['charm']).endpoint(_endpoint(tx, relation, saas['id']))
    ours = tx.one(
        'SELECT e.*, a.charm FROM relation_endpoint e JOIN application a ON a.id = e.application'
        ' WHERE e.relation = ? AND a.id != ?',
        relation['id'],
        saas['id'],
    )
    assert theirs is not None and ours is not None, 'the relation has just been made'
    our_endpoint = charms.get(tx, ours['charm']).endpoint(ours['endpoint'])
    assert our_endpoint is not None, 'the relation has just been made'
    stand_in = _stand_in(tx, offered['model'], ours['application'], our_endpoint)
    twin = relations.add(
        tx,
        offered['model'],
        (endpoints.End(offered, theirs), endpoints.End(stand_in, our_endpoint)),
        now,
    )
    tx.update('relation', twin, other=relation['id'], offer=offer['id'])
    tx.update('relation', relation['id'], other=twin)


def _endpoint(tx: db.Transaction, relation: sqlite3.Row, application: int) -> str:
    return tx.value(
        'SELECT endpoint FROM relation_endpoint WHERE relation = ? AND application = ?',
        relation['id'],
        application,
    )


def _stand_in(
    tx: db.Transaction, model: int, consumer: int, endpoint: metadata.Endpoint
) -> sqlite3.Row:
    """Return who stands in *model* for a consuming application: ``remote-`` and 32 hex digits."""
    row = tx.value(
        "SELECT id FROM application WHERE model = ? AND counterpart = ? AND remote = 'consumer'",
        model,
        consumer,
    )
    if row is None:
        name = f'remote-{secrets.token_hex(16)}'
        row = _add(tx, model, name, (endpoint,), remote='consumer')
        tx.update('application', row, counterpart=consumer)
    found = tx.one('SELECT * FROM application WHERE id = ?', row)
    assert found is not None, 'it is there'
    return found


def suspend(tx: db.Transaction, model: int, number: int, *, suspended: bool, reason: str) -> None:
    """Suspend or resume a relation between models: its units leave, or come back.

    Raises:
        Error: If it isn't one that came by an offer of this model.
    """
    relation = relations.by_number(tx, model, number)
    if relation['offer'] is None:
        raise errors.Error(
            f'cannot {"suspend" if suspended else "resume"} '
            f'"{relations.key(tx, relation["id"])}" which is not associated with an offer'
        )
    for row in (relation['id'], relation['other']):
        if row is None:
            continue
        tx.update('relation', row, suspended=suspended, reason=reason if suspended else '')
        for end in tx.all('SELECT application FROM relation_endpoint WHERE relation = ?', row):
            relations.wake_application(tx, end['application'])


def offered_application(tx: db.Transaction, saas: sqlite3.Row) -> sqlite3.Row | None:
    """Return the application behind an offer that is consumed, None once that is withdrawn."""
    if saas['offer'] is None:
        return None
    return tx.one('SELECT * FROM application WHERE id = ?', saas['counterpart'])


def consumed_endpoints(tx: db.Transaction, saas: sqlite3.Row) -> tuple[metadata.Endpoint, ...]:
    """Return the endpoints of an offer that is consumed, as they were then."""
    return charms.get(tx, saas['charm']).endpoints


def connected(tx: db.Transaction, application: int) -> int:
    """Return how many relations other models have to an application."""
    return tx.value(
        'SELECT count(*) FROM relation r JOIN offer o ON o.id = r.offer WHERE o.application = ?',
        application,
    )
