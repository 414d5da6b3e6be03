"""goal-state and credential-get.

Source: juju: internal/worker/uniter/runner/jujuc/goal-state.go, credential-get.go.
"""

from __future__ import annotations

from .. import errors
from .call import Call
from .context import Context


def state(context: Context, call: Call) -> None:
    """Print the units and relations that there will be."""
    call.parsed.at_most(0)
    call.print(context.api.goal_state(context.id))


def credential(context: Context, call: Call) -> None:
    """Refuse: one machine has no cloud, and so no credential of one."""
    del context
    call.parsed.at_most(0)
    raise errors.Error('cannot access cloud credentials: permission denied')
