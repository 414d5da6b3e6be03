"""``operations`` and ``show-operation``: what was run, and how it went."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ... import wire
from ...state import models, operations
from .. import server

if TYPE_CHECKING:
    from ..core import Controller


def handle(controller: Controller, params: wire.Json, emit: server.Emit) -> dict[str, Any]:
    """Return the operations that fit, or the one whose ``number`` is given, by number."""
    del emit
    with controller.database.read() as tx:
        model = models.get(tx, params.get('model', ''))['id']
        if params.get('number') is not None:
            number = params['number']
            return {str(number): operations.overview(tx, model, number)}
        return operations.listed(tx, model, wire.mapping(params, 'wanted'))
