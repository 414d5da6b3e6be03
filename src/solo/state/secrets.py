"""Secrets: revisions, who may read them, and which revision each reader follows.

Source: juju: domain/secret/; contract 3.14.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Mapping

from .. import errors, model
from . import db, relations, twins

_ROTATION_SECONDS: Mapping[str, float] = {
    'hourly': 3600.0,
    'daily': 86400.0,
    'weekly': 7 * 86400.0,
    'monthly': 30 * 86400.0,
    'quarterly': 91 * 86400.0,
    'yearly': 365 * 86400.0,
}


def apply(
    tx: db.Transaction, unit: sqlite3.Row, change: model.SecretChange, *, now: float
) -> None:
    """Apply one pending change of a hook.

    Raises:
        Error: If the unit may not manage the secret.
    """
    if change.action == 'add':
        _add(tx, unit, change, now)
        return
    secret = owned(tx, unit, change.id)
    if change.action == 'set':
        _set(tx, unit, secret, change, now)
    elif change.action == 'remove':
        remove(tx, secret, change.revision)
    elif change.action == 'grant':
        _grant(tx, unit, secret, change)
    else:
        _revoke(tx, secret, change)


def owned(tx: db.Transaction, unit: sqlite3.Row, id: str) -> sqlite3.Row:
    """Return the row of a secret that the unit manages: its own, or its application's as leader.

    Raises:
        Error: ``secret "…" not found`` or ``permission denied``.
    """
    secret = find(tx, unit['model'], id)
    if secret['owner'] == unit['name'] or (
        secret['owner'] == unit['application_name'] and unit['lease_holder'] == unit['id']
    ):
        return secret
    raise errors.Error('permission denied', 'unauthorized access')


def find(tx: db.Transaction, model_row: int, id: str) -> sqlite3.Row:
    """Return the row of a model's secret.

    Raises:
        Error: ``secret "x" not found``.
    """
    secret = tx.one('SELECT * FROM secret WHERE model = ? AND id = ?', model_row, id)
    if secret is None:
        raise errors.not_found('secret', id)
    return secret


def _add(tx: db.Transaction, unit: sqlite3.Row, change: model.SecretChange, now: float) -> None:
    if change.owner == unit['application_name'] and unit['lease_holder'] != unit['id']:
        raise errors.Error('this unit is not the leader')
    _refuse_taken_label(tx, unit['model'], change.owner, change.label or '', change.id)
    rotate = change.rotate or 'never'
    tx.insert(
        'secret',
        id=change.id,
        model=unit['model'],
        owner=change.owner,
        label=change.label or '',
        description=change.description or '',
        rotate=rotate,
        expires=change.expire,
        rotates=rotates(rotate, now),
        created=now,
        updated=now,
    )
    add_revision(tx, unit['model'], change.id, 1, change.content or {}, now)


def _refuse_taken_label(
    tx: db.Transaction, model_row: int, owner: str, label: str, id: str
) -> None:
    if label and tx.one(
        'SELECT 1 FROM secret WHERE model = ? AND owner = ? AND label = ? AND id != ?',
        model_row,
        owner,
        label,
        id,
    ):
        raise errors.Error(f'secret with label "{label}" already exists', 'already exists')


def rotates(policy: str, now: float) -> float | None:
    """Return when a secret of that rotation *policy* is to be rotated next, None for never."""
    seconds = _ROTATION_SECONDS.get(policy)
    return None if seconds is None else now + seconds


def _checksum(content: Mapping[str, str]) -> str:
    return hashlib.sha256(json.dumps(dict(content), sort_keys=True).encode()).hexdigest()


def add_revision(
    tx: db.Transaction,
    model_row: int,
    id: str,
    revision: int,
    content: Mapping[str, str],
    now: float,
) -> None:
    """Add a revision's content."""
    tx.insert(
        'secret_revision',
        model=model_row,
        secret=id,
        revision=revision,
        content=json.dumps(dict(content)),
        checksum=_checksum(content),
        created=now,
    )


def latest(tx: db.Transaction, model_row: int, id: str) -> int:
    """Return the newest revision's number."""
    return tx.value(
        'SELECT coalesce(max(revision), 0) FROM secret_revision WHERE model = ? AND secret = ?',
        model_row,
        id,
    )


def _set(
    tx: db.Transaction,
    unit: sqlite3.Row,
    secret: sqlite3.Row,
    change: model.SecretChange,
    now: float,
) -> None:
    if change.label:
        _refuse_taken_label(tx, secret['model'], secret['owner'], change.label, secret['id'])
    rotate = change.rotate or secret['rotate']
    tx.execute(
        'UPDATE secret SET label = coalesce(?, label), description = coalesce(?, description),'
        ' rotate = ?, rotates = ?, expires = coalesce(?, expires), updated = ?'
        ' WHERE model = ? AND id = ?',
        change.label,
        change.description,
        rotate,
        rotates(rotate, now) if change.rotate else secret['rotates'],
        change.expire,
        now,
        secret['model'],
        secret['id'],
    )
    if change.content is None:
        return
    if add_if_changed(tx, secret, change.content, now):
        tx.wake(unit['id'])


def add_if_changed(
    tx: db.Transaction, secret: sqlite3.Row, content: Mapping[str, str], now: float
) -> bool:
    """Add a revision and let readers hear of it, unless the latest says the same already."""
    newest = latest(tx, secret['model'], secret['id'])
    before = tx.value(
        'SELECT checksum FROM secret_revision WHERE model = ? AND secret = ? AND revision = ?',
        secret['model'],
        secret['id'],
        newest,
    )
    if before == _checksum(content):
        return False
    add_revision(tx, secret['model'], secret['id'], newest + 1, content, now)
    _wake_readers(tx, secret)
    return True


def revision(tx: db.Transaction, secret: sqlite3.Row, number: int) -> sqlite3.Row:
    """Return the row of a revision.

    Raises:
        Error: ``secret revision "x/2" not found``.
    """
    found = tx.one(
        'SELECT * FROM secret_revision WHERE model = ? AND secret = ? AND revision = ?',
        secret['model'],
        secret['id'],
        number,
    )
    if found is None:
        raise errors.not_found('secret revision', f'{secret["id"]}/{number}')
    return found


def _wake_readers(tx: db.Transaction, secret: sqlite3.Row) -> None:
    tx.wake(
        *(
            row['unit']
            for row in tx.all(
                'SELECT unit FROM secret_consumer WHERE model = ? AND secret = ?',
                secret['model'],
                secret['id'],
            )
        )
    )


def wake_owners(tx: db.Transaction, secret: sqlite3.Row) -> None:
    """Let the owner see which of its revisions nobody follows any more."""
    tx.wake(
        *(
            row['id']
            for row in tx.all(
                'SELECT u.id FROM unit u JOIN application a ON a.id = u.application'
                " WHERE a.model = ? AND ? IN (a.name, a.name || '/' || u.number)",
                secret['model'],
                secret['owner'],
            )
        )
    )


def reader_gone(tx: db.Transaction, unit: int) -> None:
    """Forget what a dead unit followed, and let the owners know."""
    for secret in tx.all(
        'SELECT s.* FROM secret s JOIN secret_consumer c ON c.model = s.model AND c.secret = s.id'
        ' WHERE c.unit = ?',
        unit,
    ):
        wake_owners(tx, secret)
    tx.execute('DELETE FROM secret_consumer WHERE unit = ?', unit)


def remove(tx: db.Transaction, secret: sqlite3.Row, revision: int | None) -> None:
    """Remove a secret, or one revision of it; the last one takes the secret with it."""
    if revision is not None:
        tx.execute(
            'DELETE FROM secret_revision WHERE model = ? AND secret = ? AND revision = ?',
            secret['model'],
            secret['id'],
            revision,
        )
    if revision is None or not latest(tx, secret['model'], secret['id']):
        tx.execute('DELETE FROM secret WHERE model = ? AND id = ?', secret['model'], secret['id'])


def _grant(
    tx: db.Transaction, unit: sqlite3.Row, secret: sqlite3.Row, change: model.SecretChange
) -> None:
    relation = (
        relations.by_number(tx, unit['model'], change.relation)['id']
        if change.relation is not None
        else None
    )
    far = relation and twins.far_end(tx, relation)
    if far and far['remote'] == 'offer':
        raise errors.Error(
            'sharing consumer secrets across a cross model relation not supported', 'not supported'
        )
    tx.execute(
        'INSERT INTO secret_grant VALUES (?, ?, ?, ?)'
        ' ON CONFLICT DO UPDATE SET relation = excluded.relation',
        secret['model'],
        secret['id'],
        change.target,
        relation,
    )


def _revoke(tx: db.Transaction, secret: sqlite3.Row, change: model.SecretChange) -> None:
    """Take back what a relation was granted, or an application or unit."""
    tx.execute(
        'DELETE FROM secret_grant WHERE model = ? AND secret = ? AND (target = ?'
        ' OR relation = (SELECT id FROM relation WHERE model = ? AND number = ?))',
        secret['model'],
        secret['id'],
        change.target,
        secret['model'],
        change.relation,
    )


def prune(tx: db.Transaction, model: int, id: str) -> None:
    """Forget the revisions that nobody reads, if the operator wants that of the secret."""
    tx.execute(
        'DELETE FROM secret_revision AS r WHERE r.model = ? AND r.secret = ?'
        ' AND EXISTS (SELECT 1 FROM secret s WHERE s.model = r.model AND s.id = r.secret'
        ' AND s.auto_prune)'
        ' AND r.revision < (SELECT max(n.revision) FROM secret_revision n'
        ' WHERE n.model = r.model AND n.secret = r.secret)'
        ' AND NOT EXISTS (SELECT 1 FROM secret_consumer c WHERE c.model = r.model'
        ' AND c.secret = r.secret AND c.revision = r.revision)',
        model,
        id,
    )


def managed(tx: db.Transaction, unit: sqlite3.Row) -> tuple[model.Secret, ...]:
    """Return the metadata of the unit's secrets, and of its application's if it leads."""
    owners = [unit['name']]
    if unit['lease_holder'] == unit['id']:
        owners.append(unit['application_name'])
    return tuple(
        _shown(tx, row)
        for owner in owners
        for row in tx.all(
            'SELECT * FROM secret WHERE model = ? AND owner = ?', unit['model'], owner
        )
    )


def _shown(tx: db.Transaction, row: sqlite3.Row) -> model.Secret:
    grants = tx.all(
        'SELECT g.target, r.id FROM secret_grant g LEFT JOIN relation r ON r.id = g.relation'
        ' WHERE g.model = ? AND g.secret = ?',
        row['model'],
        row['id'],
    )
    return model.Secret(
        id=row['id'],
        owner=row['owner'],
        label=row['label'],
        description=row['description'],
        revision=latest(tx, row['model'], row['id']),
        rotate=row['rotate'],
        expires=row['expires'],
        rotates=row['rotates'],
        grants=tuple(
            (
                grant['target'],
                'relation-' + relations.key(tx, grant['id']).replace(':', '.').replace(' ', '#')
                if grant['id'] is not None
                else '',
            )
            for grant in grants
        ),
    )
