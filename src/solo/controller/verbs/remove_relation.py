"""``remove-relation``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ... import errors, wire
from ...state import models, relations, removal
from .. import server

if TYPE_CHECKING:
    from ..core import Controller


def handle(controller: Controller, params: wire.Json, emit: server.Emit) -> dict[str, Any]:
    """Make a relation dying, named by its number or by its two ends."""
    del emit
    with controller.database.write() as tx:
        model = models.get(tx, params.get('model', ''))
        if params.get('id') is not None:
            row = relations.by_number(tx, model['id'], params['id'])
            if tx.one(
                "SELECT 1 FROM relation_endpoint WHERE relation = ? AND role = 'peers'", row['id']
            ):
                raise errors.Error('cannot remove a peer relation')
        else:
            row = relations.find(tx, model['id'], *params['endpoints'])
        removal.remove_relation(tx, row['id'])
    return {}
