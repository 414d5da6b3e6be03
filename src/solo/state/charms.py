"""Charm revisions: what was read of them, once."""

from __future__ import annotations

import json
from pathlib import Path

from ..charm import metadata
from . import db


def add(
    tx: db.Transaction,
    model: int,
    charm: metadata.Charm,
    *,
    digest: str,
    folder: Path,
    version: str,
) -> int:
    """Add a revision of a local charm and return its row.

    A local charm gets a new revision each time, counted from 0 per charm name (contract 6.1).
    """
    row = tx.insert(
        'charm',
        model=model,
        name=charm.name,
        revision=db.sequence(tx, model, f'charm-{charm.name}'),
        digest=digest,
        metadata=json.dumps(metadata.to_json(charm)),
        version=version,
        folder=str(folder),
    )
    # The row may have been another charm's in a transaction that was rolled back.
    tx.cache[('charm', row)] = charm
    return row


def get(tx: db.Transaction, charm: int) -> metadata.Charm:
    """Return the charm of a revision's row; it never changes, so it is read once."""
    known = tx.cache.get(('charm', charm))
    if known is None:
        text = tx.value('SELECT metadata FROM charm WHERE id = ?', charm)
        known = tx.cache[('charm', charm)] = metadata.from_json(json.loads(text))
    return known


def folder(tx: db.Transaction, charm: int) -> Path:
    """Return the prepared folder of a revision."""
    return Path(tx.value('SELECT folder FROM charm WHERE id = ?', charm))
