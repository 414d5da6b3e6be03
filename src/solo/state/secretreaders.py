"""Who reads a secret: of this model, or of one whose offer is consumed; and what it then follows.

Source: juju: domain/secret/, apiserver/facades/controller/crossmodelsecrets; contract 3.14.
"""

from __future__ import annotations

import json
import sqlite3

from .. import errors
from . import db, secrets, twins


def _may_read(tx: db.Transaction, unit: sqlite3.Row, secret: sqlite3.Row) -> bool:
    is_here = secret['model'] == unit['model']
    if is_here and secret['owner'] in (unit['name'], unit['application_name']):
        return True
    names = [unit['application_name']]
    if not is_here:
        names = twins.known_as(tx, unit['application'], secret['model'])
    return any(
        tx.one(
            'SELECT 1 FROM secret_grant g LEFT JOIN relation r ON r.id = g.relation'
            ' WHERE g.model = ? AND g.secret = ? AND g.target IN (?, ?)'
            ' AND coalesce(r.suspended, 0) = 0',
            secret['model'],
            secret['id'],
            name,
            f'{name}/{unit["number"]}',
        )
        for name in names
    )


def _seen(tx: db.Transaction, unit: sqlite3.Row, id: str) -> sqlite3.Row:
    """Return the row of a secret of the unit's model, or of one whose offer it consumes.

    Raises:
        Error: ``secret "x" not found``.
    """
    elsewhere = tx.one('SELECT * FROM secret WHERE model != ? AND id = ?', unit['model'], id)
    if elsewhere is not None and twins.known_as(tx, unit['application'], elsewhere['model']):
        return elsewhere
    return secrets.find(tx, unit['model'], id)


def content(
    tx: db.Transaction,
    unit: sqlite3.Row,
    *,
    id: str | None,
    label: str | None,
    peek: bool,
    refresh: bool,
) -> tuple[str, int, dict[str, str]]:
    """Return id, revision and content for a reader, and track what it reads (contract 3.14).

    Raises:
        Error: ``not found`` or ``permission denied``.
    """
    if id is None:
        id = _by_label(tx, unit, label or '')
    secret = _seen(tx, unit, id)
    model_row = secret['model']
    if not _may_read(tx, unit, secret):
        raise errors.Error('permission denied', 'unauthorized access')
    is_own = model_row == unit['model'] and secret['owner'] in (
        unit['name'],
        unit['application_name'],
    )
    if label is not None and is_own:
        if secret['owner'] == unit['name'] or unit['lease_holder'] == unit['id']:
            tx.execute(
                'UPDATE secret SET label = ? WHERE model = ? AND id = ?',
                label,
                model_row,
                id,
            )
        label = None
    tracked = tx.value(
        'SELECT revision FROM secret_consumer WHERE model = ? AND secret = ? AND unit = ?',
        model_row,
        id,
        unit['id'],
    )
    newest = secrets.latest(tx, model_row, id)
    revision = newest if tracked is None or peek or refresh else tracked
    tx.execute(
        'INSERT INTO secret_consumer (model, secret, unit, label, revision) VALUES (?, ?, ?, ?, ?)'
        ' ON CONFLICT DO UPDATE SET revision = excluded.revision,'
        " label = CASE WHEN excluded.label = '' THEN label ELSE excluded.label END",
        model_row,
        id,
        unit['id'],
        label or '',
        tracked if peek and tracked is not None else revision,
    )
    if tracked is not None and revision != tracked:
        secrets.wake_owners(tx, secret)
    text = tx.value(
        'SELECT content FROM secret_revision WHERE model = ? AND secret = ? AND revision = ?',
        model_row,
        id,
        revision,
    )
    if text is None:
        raise errors.not_found('secret revision', f'{id}/{revision}')
    secrets.prune(tx, model_row, id)
    return id, revision, json.loads(text)


def _by_label(tx: db.Transaction, unit: sqlite3.Row, label: str) -> str:
    id = tx.value(
        'SELECT secret FROM secret_consumer WHERE unit = ? AND label = ?', unit['id'], label
    ) or tx.value(
        'SELECT id FROM secret WHERE model = ? AND owner IN (?, ?) AND label = ?',
        unit['model'],
        unit['name'],
        unit['application_name'],
        label,
    )
    if id is None:
        raise errors.Error(f'secret URI for consumer label "{label}" not found', 'not found')
    return id
