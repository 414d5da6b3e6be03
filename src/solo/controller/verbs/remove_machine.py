"""``remove-machine``: accepted at once; a machine goes with its last unit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ... import wire
from ...state import machines, models, removal, units
from .. import each, server
from . import remove_unit

if TYPE_CHECKING:
    from ..core import Controller


def handle(controller: Controller, params: wire.Json, emit: server.Emit) -> dict[str, Any]:
    """Make machines dying; one that can't be removed does not hold the others."""
    del emit
    with controller.database.write() as tx:
        model = models.get(tx, params.get('model', ''))
        forced = remove_unit.forced_at(params, with_machine=True)

        def remove(name: str) -> dict[str, Any]:
            row = machines.find(tx, model['id'], name)
            held = tx.all('SELECT id FROM unit WHERE machine = ? ORDER BY id', row['id'])
            fate = {
                'units': [units.row(tx, unit['id'])['name'] for unit in held],
                **remove_unit.fate(tx, [unit['id'] for unit in held], destroy=False),
            }
            if not params.get('dry_run'):
                removal.remove_machine(tx, row, destroy_storage=False, forced=forced)
            return fate

        return each.each(params['machines'], remove)
