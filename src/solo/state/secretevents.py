"""Which secret hooks are due, and what they leave: changed, rotate, expired, remove.

Source: juju: internal/worker/uniter/secrets/; contract 2.8.
"""

from __future__ import annotations

import sqlite3

from .. import model
from . import db, secrets


def events(tx: db.Transaction, unit: sqlite3.Row, now: float) -> tuple[model.SecretEvent, ...]:
    """Return the secret hooks that are due: changed, rotate, expired, remove (contract 2.8)."""
    found: list[model.SecretEvent] = []
    for row in tx.all(
        'SELECT c.secret, c.label, (SELECT max(revision) FROM secret_revision r'
        ' WHERE r.model = c.model AND r.secret = c.secret) AS newest, c.revision'
        ' FROM secret_consumer c JOIN secret s ON s.model = c.model AND s.id = c.secret'
        ' WHERE c.unit = ? AND (s.model != ? OR s.owner NOT IN (?, ?))',
        unit['id'],
        unit['model'],
        unit['name'],
        unit['application_name'],
    ):
        if row['newest'] > row['revision']:
            found.append(
                model.SecretEvent('secret-changed', row['secret'], row['label'], row['newest'])
            )
    for secret in secrets.managed(tx, unit):
        if secret.expires is not None and secret.expires <= now:
            found.append(
                model.SecretEvent('secret-expired', secret.id, secret.label, secret.revision)
            )
        if secret.rotates is not None and secret.rotates <= now:
            found.append(
                model.SecretEvent('secret-rotate', secret.id, secret.label, secret.revision)
            )
        for row in tx.all(
            'SELECT revision FROM secret_revision r WHERE r.model = ? AND r.secret = ?'
            ' AND r.revision < ?'
            ' AND NOT EXISTS (SELECT 1 FROM secret_consumer c WHERE c.model = r.model'
            ' AND c.secret = r.secret AND c.revision = r.revision)',
            unit['model'],
            secret.id,
            secret.revision,
        ):
            found.append(
                model.SecretEvent('secret-remove', secret.id, secret.label, row['revision'])
            )
    return tuple(found)


def rotated(tx: db.Transaction, model_row: int, hook: model.Hook, *, now: float) -> None:
    """Start the rotation timer anew after ``secret-rotate``; an expired secret expired once."""
    if hook.kind == 'secret-rotate':
        policy = tx.value(
            'SELECT rotate FROM secret WHERE model = ? AND id = ?', model_row, hook.secret
        )
        tx.execute(
            'UPDATE secret SET rotates = ? WHERE model = ? AND id = ?',
            secrets.rotates(policy or 'never', now),
            model_row,
            hook.secret,
        )
    elif hook.kind == 'secret-expired':
        tx.execute(
            'UPDATE secret SET expires = NULL WHERE model = ? AND id = ?', model_row, hook.secret
        )
