"""``model-config``: read and set a model's settings."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from ... import errors, formats, wire
from ...state import models
from .. import server

if TYPE_CHECKING:
    from ..core import Controller

_MODES = {'requires-prompts', 'strict'}  # juju: environs/config/config.go (validateMode)


def handle(controller: Controller, params: wire.Json, emit: server.Emit) -> dict[str, Any]:
    """Set and reset keys, then return all with ``Value`` and ``Source``."""
    given, reset = wire.mapping(params, 'set'), params.get('reset') or ()
    if 'provider' in given:
        controller.provider(given['provider'])
    with controller.database.write() as tx:
        row = models.get(tx, params.get('model', ''))
        own = models.config(row)
        before = models.provider(row)
        for key in (*given, *reset):
            if key not in models.DEFAULTS and key not in own:
                emit(
                    {
                        'progress': f'WARNING key "{key}" is not defined in the current model '
                        'configuration: possible misspelling'
                    }
                )
        for key, value in given.items():
            own[key] = typed(key, value)
        for key in reset:
            own.pop(key, None)
        tx.update('model', row['id'], config=json.dumps(own))
        changed = models.provider(models.get(tx, row['name'])) != before
        if changed and tx.one('SELECT 1 FROM machine WHERE model = ?', row['id']):
            raise errors.Error(
                f'cannot change "provider" of model "{row["name"]}": it has machines'
            )
    return {
        key: {'Value': value, 'Source': 'model' if key in own else 'default'}
        for key, value in sorted({**models.DEFAULTS, **own}.items())
    }


def typed(key: str, text: str) -> Any:
    """Return a setting's value by the type of its default.

    Raises:
        Error: If the value is none of that type.
    """
    default = models.DEFAULTS.get(key)
    if isinstance(default, bool):
        if text.lower() not in ('true', 'false'):
            raise errors.Error(f'{key}: expected bool, got string("{text}")')
        return text.lower() == 'true'
    if key == 'update-status-hook-interval':
        try:
            formats.duration(text)
        except ValueError as error:
            raise errors.Error(f'invalid update status hook interval: {error}') from None
    if key == 'mode':
        unknown = sorted({word for word in re.split(r'[\s,\[\]]+', text) if word} - _MODES)
        if unknown:
            raise errors.Error(f'mode(s) "{", ".join(unknown)}" not valid')
    return text
