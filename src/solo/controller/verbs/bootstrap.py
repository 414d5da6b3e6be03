"""``bootstrap``: give the controller its name, and its new models their settings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ... import errors, folders, juju, names, wire
from ...state import models
from .. import server
from . import controller_info, model_config

if TYPE_CHECKING:
    from ..core import Controller


def handle(controller: Controller, params: wire.Json, emit: server.Emit) -> dict[str, Any]:
    """Name the controller and its models' defaults, if given; return what it says of itself.

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
    defaults = {
        key: model_config.typed(key, value)
        for key, value in wire.mapping(params, 'defaults').items()
    }
    if defaults:
        with controller.database.write() as tx:
            models.set_defaults(tx, defaults)
    return {**controller_info.handle(controller, {}, emit), 'name': name or current}
