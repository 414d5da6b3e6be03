"""Secrets that an operator made: the model owns them, and applications read what is granted.

A user secret's name is the label of its row; its owner is ``<model>``.

Source: juju: domain/secret/, apiserver/facades/client/secrets; contract 4.4.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence

from .. import errors, secretdata
from . import applications, db, secrets

OWNER = '<model>'


def find(tx: db.Transaction, model: int, text: str) -> sqlite3.Row:
    """Return the row of any secret by its id, or of a user secret by its name.

    Raises:
        Error: ``secret "x" not found``.
    """
    id = secretdata.ID.match(text)
    found = id and tx.one('SELECT * FROM secret WHERE model = ? AND id = ?', model, id[1])
    found = found or tx.one(
        'SELECT * FROM secret WHERE model = ? AND owner = ? AND label = ?', model, OWNER, text
    )
    if not found:
        raise errors.not_found('secret', text)
    return found


def owned(tx: db.Transaction, model: int, text: str) -> sqlite3.Row:
    """Return the row of a user secret.

    Raises:
        Error: If there is none, or it is a charm's.
    """
    row = find(tx, model, text)
    if row['owner'] != OWNER:
        raise errors.Error('permission denied', 'unauthorized access')
    return row


def add(
    tx: db.Transaction,
    model: int,
    name: str,
    content: Mapping[str, str],
    *,
    description: str,
    now: float,
) -> str:
    """Add a secret with its first revision, and return its id.

    Raises:
        Error: ``secret with name "x" already exists``.
    """
    _refuse_taken(tx, model, name)
    id = secretdata.new_id()
    tx.insert(
        'secret',
        id=id,
        model=model,
        owner=OWNER,
        label=name,
        description=description,
        created=now,
        updated=now,
    )
    secrets.add_revision(tx, model, id, 1, content, now)
    return id


def _refuse_taken(tx: db.Transaction, model: int, name: str) -> None:
    if tx.one(
        'SELECT 1 FROM secret WHERE model = ? AND owner = ? AND label = ?', model, OWNER, name
    ):
        raise errors.Error(f'secret with name "{name}" already exists', 'already exists')


def update(
    tx: db.Transaction,
    row: sqlite3.Row,
    content: Mapping[str, str],
    *,
    name: str,
    description: str,
    auto_prune: bool | None,
    now: float,
) -> None:
    """Change what is given; content that differs is a new revision, and readers hear of it."""
    if name and name != row['label']:
        _refuse_taken(tx, row['model'], name)
    tx.execute(
        'UPDATE secret SET label = ?, description = ?, auto_prune = ?, updated = ?'
        ' WHERE model = ? AND id = ?',
        name or row['label'],
        description or row['description'],
        row['auto_prune'] if auto_prune is None else auto_prune,
        now,
        row['model'],
        row['id'],
    )
    if content:
        secrets.add_if_changed(tx, row, content, now)
    secrets.prune(tx, row['model'], row['id'])


def grant(tx: db.Transaction, row: sqlite3.Row, names: Sequence[str]) -> None:
    """Let applications read a secret; that alone fires no hook.

    Raises:
        Error: If one isn't there.
    """
    for name in names:
        applications.find(tx, row['model'], name)
        tx.execute(
            'INSERT OR IGNORE INTO secret_grant VALUES (?, ?, ?, NULL)',
            row['model'],
            row['id'],
            name,
        )


def revoke(tx: db.Transaction, row: sqlite3.Row, names: Sequence[str]) -> None:
    """End what :func:`grant` began.

    Raises:
        Error: If an application isn't there.
    """
    for name in names:
        applications.find(tx, row['model'], name)
        tx.execute(
            'DELETE FROM secret_grant WHERE model = ? AND secret = ? AND target = ?',
            row['model'],
            row['id'],
            name,
        )
