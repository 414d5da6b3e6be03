"""Decide when applications have settled: a pure function of what their units look like."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Literal, NamedTuple

Outcome = Literal['settled', 'blocked', 'failed']

# A unit that is idle and says "waiting" or "maintenance" may be done with its hooks, and wait for
# work beside them. It is given this many seconds without any change before we stop watching.
_PATIENCE = {'waiting': 20.0, 'maintenance': 120.0}
# A failure from before is ours to wait for only if the hook runs again this soon by itself.
_RETRY_SECONDS = 30.0


class Unit(NamedTuple):
    """A unit as it looks now.

    Attributes:
        workload: As shown: ``error`` when the agent is in error.
        doing: The agent's message, such as ``running install hook``.
        since: When the agent began that, seconds since the epoch.
        busy: Whether its agent has something to do that was not begun; None: not looked at.
        resolved: Whether the operator has said that its failure is mended.
        retry_at: When its failed hook runs again by itself; None: not by itself.
    """

    unit: str
    life: str
    workload: str
    message: str
    agent: str
    doing: str
    since: float
    log: str = ''
    busy: bool | None = None
    resolved: bool = False
    retry_at: float | None = None

    @property
    def is_idle(self) -> bool:
        """Tell whether the agent looks idle, which it also does before it has noticed a change."""
        return self.agent == 'idle' and self.workload != 'error'


class Wanted(NamedTuple):
    """What is waited for.

    Attributes:
        since: When the waiting began; failures before that are not its own.
        gone: Units and applications that have to be gone.
    """

    since: float
    gone: Collection[str] = ()


def failed(units: Sequence[Unit], wanted: Wanted) -> Unit | None:
    """Return the unit that failed while we waited, or will not get on by itself; else None."""
    for unit in units:
        in_error = unit.workload == 'error' or unit.agent == 'failed'
        if not in_error or unit.resolved:
            continue
        is_stuck = unit.retry_at is None or unit.retry_at > wanted.since + _RETRY_SECONDS
        if unit.since >= wanted.since or is_stuck:
            return unit
    return None


def outcome(
    units: Sequence[Unit], present: Collection[str], wanted: Wanted, quiet: float
) -> Outcome | None:
    """Return how it ended, or None while it goes on.

    Args:
        units: Those of the applications concerned.
        present: Names of all units and applications that there are.
        wanted: What is waited for.
        quiet: Seconds for which nothing has changed.
    """
    if failed(units, wanted) is not None:
        return 'failed'
    if any(name in present for name in wanted.gone):
        return None
    if any(not unit.is_idle or unit.busy is not False for unit in units):
        return None
    if any(quiet < _PATIENCE.get(unit.workload, 0.0) for unit in units):
        return None
    return 'blocked' if any(unit.workload == 'blocked' for unit in units) else 'settled'
