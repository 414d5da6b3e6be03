"""juju-reboot. Source: juju: internal/worker/uniter/runner/jujuc/reboot.go; contract 3.18."""

from __future__ import annotations

from .. import errors
from .call import Call
from .context import Context


def reboot(context: Context, call: Call) -> None:
    """Reboot the machine when the hook has succeeded, or now, which ends the hook."""
    call.parsed.at_most(0)
    if context.task is not None:
        raise errors.Error('juju-reboot is not supported when running an action.')
    context.reboot = 'now' if call.flags['now'] else context.reboot or 'after'
    if context.reboot == 'now':
        context.end()
