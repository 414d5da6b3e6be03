"""``bootstrap``: give the controller its name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ... import errors, folders, juju, names, wire
from .. import server
from . import controller_info

if TYPE_CHECKING:
    from ..core import Controller


def handle(controller: Controller, params: wire.Json, emit: server.Emit) -> dict[str, Any]:
    """Name the controller, if a name is given, and return what it says of itself.

    Raises:
        Error: If it was named otherwise before: a data directory has one controller.
    """
    name, current = params.get('name') or '', folders.controller_name()
    if name and not names.is_controller(name):
        raise errors.UsageError(f'controller name "{name}" not valid')
    if name and name != current:
        if current != juju.CONTROLLER:
            raise errors.Error(
                f'cannot bootstrap controller "{name}": a data directory has one, and this has '
                f'"{current}"; set SOLO_DATA to another folder for another one'
            )
        folders.name_controller(name)
    return {**controller_info.handle(controller, {}, emit), 'name': name or current}
