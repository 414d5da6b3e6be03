"""Make the unit what it shall be: observe, plan, act, until there is nothing left to do.

Every event ends here. What was generated in this hook is not used in it: ``wanted`` was read
before, and is not read again.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import time
from collections.abc import Callable

from . import desired, errors, layout, observed, packages, peers, plan, status, steps

_ROUNDS = 6
"""More than any start needs; a plan that never ends is a bug, and must not hang a hook."""

_AGAIN = 10.0
"""Seconds after which a unit that is not settled is looked at again."""


@dataclasses.dataclass(frozen=True)
class Outcome:
    """What a hook leaves."""

    status: status.Status
    version: str
    port: int | None
    """PostgreSQL's, to be opened; None while it is not known."""


@dataclasses.dataclass(frozen=True)
class Workload:
    """The unit's machine: how to look at it, and how to act on it."""

    observe: Callable[[desired.Desired], observed.Observed]
    execute: Callable[[steps.Step, layout.Layout, peers.Bags, Callable[[str], None]], None]


REAL = Workload(observed.observe, steps.execute)
"""The machine that we run on."""


def reconcile(
    wanted: desired.Desired,
    bags: peers.Bags,
    tell: Callable[[str], None],
    workload: Workload = REAL,
) -> Outcome:
    """Do what is to be done now and return what the unit is then.

    Args:
        wanted: What shall be, as it was committed when the hook began.
        bags: Where the unit writes to its peers.
        tell: Shows the operator what takes long.
        workload: The machine.
    """
    done: list[steps.Step] = []
    seen = workload.observe(wanted)
    for _ in range(_ROUNDS):
        # What Juju takes over at the end of the hook looks undone until then.
        planned = plan.plan(wanted, seen, dt.datetime.now(dt.timezone.utc))
        todo = [step for step in planned if step not in done]
        if not todo:
            break
        try:
            for step in todo:
                workload.execute(step, wanted.places, bags, tell)
                done.append(step)
        except (packages.PackagesError, errors.OperatorError) as error:
            return Outcome(status.Status('blocked', str(error)[: status.LONGEST]), '', None)
        except errors.UnreachableError as error:
            # It was there a moment ago: the watcher sees it come back.
            tell(str(error))
            seen = workload.observe(wanted)
            break
        seen = workload.observe(wanted)
    found = status.status(wanted, seen)
    if not wanted.is_leaving and found.name != 'active':
        workload.execute(steps.CallAgain(time.time() + _AGAIN), wanted.places, bags, tell)
    return Outcome(found, status.version(seen), seen.ports.postgresql if seen.ports else None)
