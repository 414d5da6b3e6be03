"""config-get. Source: juju: internal/worker/uniter/runner/jujuc/config-get.go."""

from __future__ import annotations

from .. import errors
from .call import Call
from .context import Context


def get(context: Context, call: Call) -> None:
    """Print the charm's configuration or one option."""
    (key,) = call.parsed.at_most(1)
    if key and call.flags['all']:
        raise errors.UsageError(f'cannot use argument --all together with key "{key}"')
    options = context.once('config', lambda: dict(context.api.config(context.id)))
    if key:
        call.print(options.get(key))
    elif call.flags['all']:
        call.print(options)
    else:
        call.print({name: value for name, value in options.items() if value is not None})
