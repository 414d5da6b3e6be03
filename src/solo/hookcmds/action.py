"""action-get, action-set, action-log and action-fail.

Source: juju: internal/worker/uniter/runner/jujuc/action-*.go.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, cast

from .. import errors
from .call import Call
from .context import Context

_PART = re.compile(r'^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$')
_RESERVED = ('stdout', 'stderr', 'stdout-encoding', 'stderr-encoding')
_NO_REASON = 'action failed without reason given, check action for errors'


def get(context: Context, call: Call) -> None:
    """Print the action's parameters or one of them."""
    (key,) = call.parsed.at_most(1)
    value: Any = dict(context.require_action().params)
    for part in key.split('.') if key else ():
        if not isinstance(value, Mapping):
            value = None
            break
        value = cast('Mapping[str, Any]', value).get(part)
    call.print(value)


def set_(context: Context, call: Call) -> None:
    """Add to the action's results."""
    settings: list[tuple[list[str], str]] = []
    for arg in call.args:
        key, equals, value = arg.partition('=')
        if not equals:
            raise errors.UsageError(f'argument "{arg}" must be of the form key...=value')
        parts = key.split('.')
        for part in parts:
            if part in _RESERVED:
                raise errors.UsageError(f'cannot set reserved action key "{part}"')
            if not _PART.match(part):
                raise errors.UsageError(
                    f'key "{part}" must start and end with lowercase alphanumeric, '
                    f'and contain only lowercase alphanumeric and hyphens'
                )
        settings.append((parts, value))
    context.require_action()
    for parts, value in settings:
        place = context.action_results
        for part in parts[:-1]:
            if not isinstance(place.get(part), dict):
                place[part] = {}
            place = place[part]
        place[parts[-1]] = value


def log(context: Context, call: Call) -> None:
    """Tell whoever waits for the action how it goes."""
    if not call.args:
        raise errors.UsageError('no message specified')
    context.require_action()
    context.api.task_log(context.task_row, ' '.join(call.args))


def fail(context: Context, call: Call) -> None:
    """Mark the action as failed; it goes on."""
    (message,) = call.parsed.at_most(1)
    context.require_action()
    context.action_failure = message or _NO_REASON
