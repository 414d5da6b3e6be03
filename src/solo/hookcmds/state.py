"""state-get, state-set and state-delete.

Source: juju: internal/worker/uniter/runner/jujuc/state-*.go; the limits are those of
juju: core/quota and its model defaults.
"""

from __future__ import annotations

from .. import errors
from . import call as calls
from .call import Call
from .context import Context, merge

_MOST_BYTES = 2 * 1024 * 1024


def get(context: Context, call: Call) -> None:
    """Print what the unit keeps with the controller."""
    (key,) = call.parsed.at_most(1)
    state = _state(context)
    if key in ('', '-'):
        call.print(state)  # Juju 3.6 has {} where 4.0 has null
    elif key in state:
        call.print(state[key])
    elif call.flags['strict']:
        raise errors.Error(f'"{key}" not found')
    else:
        call.print('')


def set_(context: Context, call: Call) -> None:
    """Keep values when the hook succeeds."""
    changes: dict[str, str] = {}
    given = calls.pairs(call.args)
    if call.flags['file']:
        content = calls.scalars(call.content(call.flags['file']))
        changes.update({key: value or '' for key, value in content.items()})
    changes.update(given)
    after = {**_state(context), **changes}
    size = sum(len(key.encode()) + len(value.encode()) for key, value in after.items())
    if size > _MOST_BYTES:
        raise errors.Error(f'max allowed state size of {_MOST_BYTES} bytes exceeded: {size}')
    context.state.update(changes)


def delete(context: Context, call: Call) -> None:
    """Forget a value when the hook succeeds."""
    if not call.args:
        raise errors.UsageError('no key specified')
    (key,) = call.parsed.at_most(1)
    context.state[key] = None


def _state(context: Context) -> dict[str, str]:
    state = dict(context.once('state', lambda: context.api.unit_state(context.id)))
    merge(state, context.state)
    return state
