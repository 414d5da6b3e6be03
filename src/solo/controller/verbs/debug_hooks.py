"""``debug-hooks`` and ``debug-code``: a session in which hooks wait for an operator."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ... import errors, wire
from ...agent import debugging, places
from ...charm import hooknames
from ...machines import provider
from ...state import charms, machines, models, units
from .. import server

if TYPE_CHECKING:
    from ..core import Controller


def handle(controller: Controller, params: wire.Json, emit: server.Emit) -> dict[str, Any]:
    """Note what the session wants, and return where and how to start it.

    Raises:
        Error: If the charm has no hook or action of a name.
    """
    del emit
    with controller.database.read() as tx:
        model = models.get(tx, params.get('model', ''))
        row = units.resolve(tx, model['id'], params['unit'])
        charm = charms.get(tx, row['charm'])
        machine = machines.row(tx, row['machine'])
    actions = sorted(action.name for action in charm.actions)
    hooks = hooknames.of(charm)
    for name in params['names']:
        if name not in actions and name not in hooks:
            raise errors.Error(
                f'unit "{params["unit"]}" contains neither hook nor action "{name}", '
                f'valid actions are [{" ".join(actions)}] and valid hooks are [{" ".join(hooks)}]'
            )
    unit = controller.api.unit(row['id'])
    place = places.of(controller.data, unit)
    is_there = debugging.is_open(place)
    if not is_there:
        debugging.want(place, params['names'], params['at'])
    place.charm.mkdir(parents=True, exist_ok=True)
    kind = controller.providers[machine['provider']]
    return {
        'unit': unit.name,
        'attached': is_there,
        'server': str(debugging.server(place)),
        'cwd': str(place.charm),
        'argv': kind.enter(provider.Machine(unit.machine_key), place.charm),
    }
