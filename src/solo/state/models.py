"""Models: a name, settings, and everything in them."""

from __future__ import annotations

import json
import secrets
import sqlite3
import uuid
from collections.abc import Mapping
from typing import Any

from .. import errors, names
from . import db

# Juju's defaults that a charm or an operator can notice.
DEFAULTS: Mapping[str, Any] = {
    'agent-version': '3.6.9',
    'automatically-retry-hooks': True,
    'default-base': '',
    'logging-config': '<root>=INFO',
    'mode': '',
    'provider': 'local',
    'update-status-hook-interval': '5m',
}


def ensure_default(tx: db.Transaction, settings: Mapping[str, Any], *, now: float) -> None:
    """Make the model ``default`` in a database that never had a model."""
    if tx.value("SELECT value FROM meta WHERE key = 'current-model'") is None:
        add(tx, 'default', settings, now=now)
        switch(tx, 'default')


def add(tx: db.Transaction, name: str, config: Mapping[str, Any], *, now: float) -> sqlite3.Row:
    """Add a model.

    Raises:
        Error: If the name is no good or taken, in Juju's words.
    """
    if not names.is_model(name):
        raise errors.Error(
            f'"{name}" is not a valid name: model names may only contain lowercase letters, '
            'digits and hyphens'
        )
    if tx.one('SELECT 1 FROM model WHERE name = ?', name):
        raise errors.Error(
            f'failed to create new model: model "{name}" for admin already exists',
            'already exists',
        )
    # Version 4, from the source of randomness that secrets use.
    identity = str(uuid.UUID(bytes=secrets.token_bytes(16), version=4))
    tx.insert('model', name=name, uuid=identity, config=json.dumps(dict(config)), created=now)
    return get(tx, name)


def get(tx: db.Transaction, name: str = '') -> sqlite3.Row:
    """Return the model's row; '' is the current one. ``controller:admin/name`` is understood.

    Raises:
        Error: ``model … not found``.
    """
    if not name:
        name = current(tx)
        if not name:
            raise errors.Error(
                'No selected model.\n\nUse "solo switch" to select one, or "solo add-model"'
            )
    short = name.rpartition(':')[2].rpartition('/')[2]
    row = tx.one('SELECT * FROM model WHERE name = ? OR uuid = ?', short, short)
    if row is None:
        raise errors.Error(f'model solo:admin/{short} not found', 'not found')
    return row


def current(tx: db.Transaction) -> str:
    """Return the current model's name, '' when none is."""
    name = tx.value("SELECT value FROM meta WHERE key = 'current-model'") or ''
    return name if tx.one('SELECT 1 FROM model WHERE name = ?', name) else ''


def switch(tx: db.Transaction, name: str) -> None:
    """Make *name* the current model."""
    tx.execute(
        "INSERT INTO meta VALUES ('current-model', ?)"
        ' ON CONFLICT DO UPDATE SET value = excluded.value',
        name,
    )


def provider(row: sqlite3.Row) -> str:
    """Return the kind of machines that the model has."""
    return {**DEFAULTS, **config(row)}['provider']


def config(row: sqlite3.Row) -> dict[str, Any]:
    """Return the settings that were set, typed as the defaults are."""
    return json.loads(row['config'])
