"""``ssh``: where a command on a unit or machine runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ... import names, wire
from ...machines import provider
from ...state import machines, models, units
from .. import server

if TYPE_CHECKING:
    from ..core import Controller


def handle(controller: Controller, params: wire.Json, emit: server.Emit) -> dict[str, Any]:
    """Return folder and environment, and what leads into a machine that is not this host."""
    del emit
    with controller.database.read() as tx:
        model = models.get(tx, params.get('model', ''))
        target = params['target']
        if target.isdigit():
            machine, unit = machines.find(tx, model['id'], target), ''
        else:
            row = units.resolve(tx, model['id'], target)
            unit = row['name']
            machine = machines.row(tx, row['machine'])
        key = machines.key(tx, machine['id'])
        folder = controller.data / 'machines' / key
    if unit:
        folder = folder / 'agents' / names.unit(unit).tag / 'charm'
    kind = controller.providers[machine['provider']]
    return {
        'argv': kind.enter(provider.Machine(key), folder),
        'cwd': str(folder),
        'root': kind.root(provider.Machine(key)),
        'env': {'SOLO_MACHINE': machine['name'], 'SOLO_ADDRESS': machine['address']},
    }
