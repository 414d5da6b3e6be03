"""juju-reboot. Source: juju: internal/worker/uniter/runner/jujuc/reboot.go."""

from __future__ import annotations

from .. import errors
from .call import Call
from .context import Context


def reboot(context: Context, call: Call) -> None:
    """Refuse: a machine that is a folder has no power to switch."""
    call.parsed.at_most(0)
    if context.task is not None:
        raise errors.Error('juju-reboot is not supported when running an action.')
    raise errors.Error(
        f'cannot reboot machine "{context.unit.machine}": it is a folder of this host'
    )
