"""is-leader, leader-get and leader-set.

Source: juju 3.6: worker/uniter/runner/jujuc/is-leader.go, leader-get.go, leader-set.go.
"""

from __future__ import annotations

from .. import errors
from . import call as calls
from .call import Call
from .context import Context


def is_leader(context: Context, call: Call) -> None:
    """Print whether the unit leads its application."""
    call.parsed.at_most(0)
    call.print(context.is_leader())


def get(context: Context, call: Call) -> None:
    """Print the leader's settings or one of them."""
    (key,) = call.parsed.at_most(1)
    if '=' in key:
        raise errors.UsageError(f'invalid key "{key}"')
    settings = dict(context.api.leader_settings(context.id))
    call.print(settings if key in ('', '-') else settings.get(key))


def set_(context: Context, call: Call) -> None:
    """Write leader settings at once."""
    settings = calls.pairs(call.args)
    if not context.is_leader():
        raise errors.Error(
            'cannot write leadership settings: cannot write settings: not the leader'
        )
    context.api.leader_set(context.id, settings)
