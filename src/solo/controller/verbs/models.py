"""``models``: the models that there are, and which is the current one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ... import names, wire
from ...state import fullmodels, models
from .. import server
from . import show_model

if TYPE_CHECKING:
    from ..core import Controller


def handle(controller: Controller, params: wire.Json, emit: server.Emit) -> dict[str, Any]:
    """Return every model's facts and the current model's name."""
    del emit
    with controller.database.read() as tx:
        rows = sorted(tx.all('SELECT * FROM model'), key=lambda row: names.natural(row['name']))
        return {
            'models': [
                fullmodels.describe(
                    tx,
                    row,
                    controller=show_model.controller_uuid(controller),
                    utc=params.get('utc', False),
                )
                for row in rows
            ],
            'current-model': models.current(tx),
        }
