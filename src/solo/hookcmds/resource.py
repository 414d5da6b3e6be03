"""resource-get. Source: juju: internal/worker/uniter/runner/jujuc/resource-get.go."""

from __future__ import annotations

from .. import errors
from .call import Call
from .context import Context


def get(context: Context, call: Call) -> None:
    """Print the path of a resource's file, without a newline."""
    if not call.args:
        raise errors.UsageError('missing required resource name')
    (name,) = call.parsed.at_most(1)
    try:
        call.out += str(context.api.resource(context.id, name)).encode()
    except errors.Error as error:
        raise errors.Error(f'could not download resource: {error}') from error
