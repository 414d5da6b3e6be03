"""Charm revisions: what was read of them, once."""

from __future__ import annotations

import json
from pathlib import Path

from .. import errors
from ..charm import metadata, prepare
from . import db


def add(tx: db.Transaction, model: int, ready: prepare.Prepared) -> int:
    """Add a revision of a local charm and return its row.

    A local charm gets a new revision each time, counted from 0 per charm name (contract 6.1).
    """
    row = tx.insert(
        'charm',
        model=model,
        name=ready.charm.name,
        revision=db.sequence(tx, model, f'charm-{ready.charm.name}'),
        digest=ready.digest,
        metadata=json.dumps(metadata.to_json(ready.charm)),
        version=ready.version,
        folder=str(ready.folder),
    )
    # The row may have been another charm's in a transaction that was rolled back.
    tx.cache[('charm', row)] = ready.charm
    return row


def by_url(tx: db.Transaction, model: int, url: str) -> int:
    """Return the row of a revision that the model has, by its name in status, ``local:name-0``.

    Raises:
        Error: ``charm "local:x-0" not found``.
    """
    name, _, revision = url.removeprefix('local:').rpartition('-')
    row = tx.value(
        'SELECT id FROM charm WHERE model = ? AND name = ? AND CAST(revision AS TEXT) = ?',
        model,
        name,
        revision,
    )
    if row is None:
        raise errors.not_found('charm', url)
    return row


def get(tx: db.Transaction, charm: int) -> metadata.Charm:
    """Return the charm of a revision's row; it never changes, so it is read once."""
    known = tx.cache.get(('charm', charm))
    if known is None:
        text = tx.value('SELECT metadata FROM charm WHERE id = ?', charm)
        known = tx.cache[('charm', charm)] = metadata.from_json(json.loads(text))
    return known


def prepared(tx: db.Transaction, charm: int) -> prepare.Prepared:
    """Return a revision as it was when it was added."""
    row = tx.one('SELECT * FROM charm WHERE id = ?', charm)
    assert row is not None, 'the caller has looked it up'
    return prepare.Prepared(get(tx, charm), row['digest'], Path(row['folder']), row['version'])


def folder(tx: db.Transaction, charm: int) -> Path:
    """Return the prepared folder of a revision."""
    return Path(tx.value('SELECT folder FROM charm WHERE id = ?', charm))
