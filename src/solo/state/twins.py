"""Relations between models: one relation in each, of which each shows the other's members.

A twin's far end is an application without units (``application.remote``); whatever the real units
do is written into the twin in the same transaction, under the name that they have there.

Source: juju: internal/worker/remoterelations/, which does the same between controllers.
"""

from __future__ import annotations

import sqlite3

from .. import names
from . import db


def other(tx: db.Transaction, relation: int) -> sqlite3.Row | None:
    """Return the relation's twin in the other model, None if it is of one model."""
    return tx.one(
        'SELECT * FROM relation WHERE id = (SELECT other FROM relation WHERE id = ?)', relation
    )


def far_end(tx: db.Transaction, relation: int) -> sqlite3.Row | None:
    """Return the application of the other model in a relation, as this model sees it."""
    return tx.one(
        'SELECT a.* FROM relation_endpoint e JOIN application a ON a.id = e.application'
        ' WHERE e.relation = ? AND a.remote IS NOT NULL',
        relation,
    )


def mirror_unit(tx: db.Transaction, relation: int, unit_name: str) -> None:
    """Show a unit's membership and bag in the twin, and wake who can see it there."""
    twin = other(tx, relation)
    seen_as = twin and far_end(tx, twin['id'])
    if not twin or not seen_as:
        return
    row = tx.one(
        'SELECT * FROM relation_unit WHERE relation = ? AND unit_name = ?', relation, unit_name
    )
    assert row is not None, 'the caller has written it'
    tx.execute(
        'INSERT INTO relation_unit (relation, unit_name, scope, bag, version)'
        ' VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET scope = excluded.scope,'
        ' bag = excluded.bag, version = excluded.version',
        twin['id'],
        f'{seen_as["name"]}/{names.unit(unit_name).number}',
        row['scope'],
        row['bag'],
        row['version'],
    )
    _wake(tx, twin['id'])


def mirror_application(tx: db.Transaction, relation: int, application: int) -> None:
    """Show an application's bag in the twin, and wake who can see it there."""
    twin = other(tx, relation)
    seen_as = twin and far_end(tx, twin['id'])
    if not twin or not seen_as:
        return
    tx.execute(
        'UPDATE relation_endpoint SET (bag, version) = (SELECT bag, version'
        ' FROM relation_endpoint WHERE relation = ? AND application = ?)'
        ' WHERE relation = ? AND application = ?',
        relation,
        application,
        twin['id'],
        seen_as['id'],
    )
    _wake(tx, twin['id'])


def _wake(tx: db.Transaction, relation: int) -> None:
    tx.wake(
        *(
            row['id']
            for row in tx.all(
                'SELECT u.id FROM unit u JOIN relation_endpoint e'
                ' ON e.application = u.application WHERE e.relation = ?',
                relation,
            )
        )
    )


def known_as(tx: db.Transaction, application: int, model: int) -> list[str]:
    """Return the names that *model* has for an application of another one."""
    return [
        row['name']
        for row in tx.all(
            'SELECT name FROM application WHERE model = ? AND counterpart = ?', model, application
        )
    ]
