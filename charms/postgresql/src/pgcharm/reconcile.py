"""Make the unit what it shall be: observe, plan, act, until there is nothing left to do.

Every event ends here. What was generated in this hook is not used in it: ``wanted`` was read
before, and is not read again.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import logging
import math
import time
from collections.abc import Callable
from contextlib import AbstractContextManager

from . import (
    cluster,
    clustering,
    desired,
    errors,
    files,
    layout,
    observed,
    peers,
    perform,
    plan,
    running,
    status,
    steps,
    watcher,
)
from .clients import answers

_log = logging.getLogger(__name__)

_ROUNDS = 6
"""More than any start needs; a plan that never ends is a bug, and must not hang a hook."""

_START_SECONDS = 20.0
"""How long the hook ``start`` waits for the server: that is a hook and a half sooner than to
leave it to the watcher. Later hooks never wait."""

_LOOK_SECONDS = 0.15

_AGAIN = 10.0
"""Seconds after which a unit that is not settled is looked at again."""

_SOON = 1.0
"""The same while the cluster is on its way somewhere."""


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
    is_listening: Callable[[layout.Layout], bool]
    """Whether PostgreSQL has its socket: much cheaper than to observe."""

    busy: Callable[[layout.Layout], AbstractContextManager[None]]
    """Tells the watcher that a hook is running."""

    look_after: float = 0.5
    """How long clients are told that a master is elected, before looking whether one is. To tell
    a hundred takes longer than the election, and what a hook tells becomes true at its end."""


REAL = Workload(observed.observe, perform.execute, observed.is_listening, files.busy)
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
    with workload.busy(wanted.places):
        return _reconcile(wanted, bags, tell, workload)


def _reconcile(
    wanted: desired.Desired,
    bags: peers.Bags,
    tell: Callable[[str], None],
    workload: Workload,
) -> Outcome:
    done: list[steps.Step] = []
    deadline = time.monotonic() + (_START_SECONDS if wanted.is_starting else 0.0)
    seen = workload.observe(wanted)
    rounds, patience, is_done = 0, workload.look_after, True
    while rounds < _ROUNDS:
        planned = plan.plan(wanted, seen, dt.datetime.now(dt.timezone.utc))
        # What Juju takes over at the end of the hook looks undone until then.
        todo = [step for step in planned if step not in done]
        rounds += 1
        if not todo:
            # What is seen after the last plan would make a status of things that nobody did.
            if time.monotonic() >= deadline or not plan.is_on_its_way(wanted, seen):
                break
            seen = _wait(wanted, workload, deadline)
            continue
        _log.info('to do: %s', ', '.join(type(step).__name__ for step in todo))
        try:
            look = time.monotonic() + patience
            for step in todo:
                workload.execute(step, wanted.places, bags, tell)
                done = [*(other for other in done if not _replaces(step, other)), step]
                wanted = _after(wanted, step)
                if _is_passing(step) and time.monotonic() > look:
                    rounds, patience = rounds - 1, 2 * patience  # the plan is not done yet
                    break
            bags.clients.finish()
        except errors.OperatorError as error:
            return Outcome(status.Status('blocked', str(error)[: status.LONGEST]), '', None)
        except errors.UnreachableError as error:
            # It was there a moment ago: the watcher sees it come back.
            tell(str(error))
            seen = workload.observe(wanted)
            is_done = False
            break
        seen = workload.observe(wanted)
    found = status.status(wanted, seen)
    # Before that the watcher would only ask for what comes anyway.
    if not wanted.is_leaving and wanted.has_started:
        is_settled = found.name == 'active' and is_done and clustering.is_known(wanted, seen)
        again = None if is_settled else time.time() + _AGAIN
        if clustering.is_moving(wanted, seen):
            again = time.time() + _SOON
        if seen.database is not None:
            bags.clients.saw(seen.database.clients.logins)
        now = dt.datetime.now(dt.timezone.utc)
        pause = bags.clients.pause(running.waiting(wanted, seen, now), now.timestamp())
        if pause is not None:
            again = min(again or math.inf, now.timestamp() + pause)
        summary = seen.patroni.summary if seen.patroni else cluster.DOWN
        knows = seen.cluster is not None and seen.etcd is not None
        leader = seen.cluster.leader if seen.cluster and knows else watcher.UNKNOWN
        members = [one.name for one in seen.cluster.members] if seen.cluster else []
        known = watcher.known(summary, leader, members)
        workload.execute(steps.TellWatcher(known, again), wanted.places, bags, tell)
    return Outcome(found, status.version(seen), seen.ports.postgresql if seen.ports else None)


def _replaces(step: steps.Step, other: steps.Step) -> bool:
    """Tell whether nothing is left of what *other* did once *step* is done."""
    match step, other:
        case steps.TellClient(), steps.TellClient():
            return step.relation == other.relation
        case steps.Publish(), steps.Publish():
            return step.content.keys() == other.content.keys()
        case _:
            return False


def _after(wanted: desired.Desired, step: steps.Step) -> desired.Desired:
    """Return *wanted* with what *step* made our bags say, should it be taken back in this hook."""
    match step:
        case steps.TellClient():
            clients = tuple(
                answers.told(client, step.own, step.shared)
                if client.relation == step.relation
                else client
                for client in wanted.clients
            )
            return dataclasses.replace(wanted, clients=clients)
        case steps.Publish():
            return dataclasses.replace(wanted, written={**wanted.written, **step.content})
        case _:
            return wanted


def _is_passing(step: steps.Step) -> bool:
    """Tell whether *step* tells a client what is true for a second or two only."""
    own = step.own if isinstance(step, steps.TellClient) else None
    return own is not None and own['state'] == 'failover'


def _wait(wanted: desired.Desired, workload: Workload, deadline: float) -> observed.Observed:
    """Look until the server is there or the time is up; return what was seen last."""
    while True:
        is_late = time.monotonic() >= deadline
        if is_late or workload.is_listening(wanted.places):
            seen = workload.observe(wanted)
            if is_late or not plan.is_on_its_way(wanted, seen):
                return seen
        time.sleep(_LOOK_SECONDS)
