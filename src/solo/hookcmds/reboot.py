"""juju-reboot. Source: juju: internal/worker/uniter/runner/jujuc/reboot.go."""

from __future__ import annotations

from .. import errors
from .call import Call
from .context import Context


def reboot(context: Context, call: Call) -> None:
    """Ask for a reboot after the hook, or now: then the hook is killed and queued again."""
    call.parsed.at_most(0)
    if context.task is not None:
        raise errors.Error('juju-reboot is not supported when running an action.')
    context.reboot = 'now' if call.flags['now'] else 'after'
    if context.reboot == 'now':
        context.kill()
