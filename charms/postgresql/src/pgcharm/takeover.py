"""The last unit of a cluster that lost its voters goes on alone, once an operator said so.

Without a majority nothing proves that the others are dead; their removal is the operator's word.
Juju tells of a removal while the removed unit may still run, so nothing of it may have answered
for the time of a lease. The intent stands in our bag first and is acted on in a later hook.

etcd begins again with our copy of its keys. Patroni reads there who had confirmed all writes, and
by its own rule promotes nobody else: so what was acknowledged is not lost.
Source: etcd documentation, "Disaster recovery"; patroni: ``patroni/ha.py``.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import socket
from collections.abc import Iterator
from concurrent import futures
from typing import TYPE_CHECKING

from . import etcd, peers, services, steps

if TYPE_CHECKING:
    from . import desired, observed

_WAITING = ('hot standby', 'failover')
_PATIENCE = 0.5

_STALE = 10
"""Leases after which an intent is one of an earlier time, and its silence counts no more."""


@dataclasses.dataclass(frozen=True)
class Intent:
    """What a unit's bag says of its takeover."""

    epoch: int
    """Counts the takeovers of the application's etcd by this unit."""

    since: float
    """When the others were silent for the first time, seconds since 1970."""

    def __str__(self) -> str:
        """Return it as the bag has it."""
        return f'{self.epoch} {self.since:.0f}'


def read(bag: str) -> Intent | None:
    """Return what a bag says; None where it says nothing of use."""
    epoch, _, since = bag.partition(' ')
    try:
        return Intent(int(epoch), float(since))
    except ValueError:
        return None


def is_called_for(wanted: desired.Desired, seen: observed.Observed) -> bool:
    """Tell whether this unit is the last one, and cannot be a primary as things are."""
    return (
        wanted.peers.is_related
        and not wanted.peers.units
        and wanted.planned_units == 1
        and wanted.published.get('state') in _WAITING
        and seen.etcd is None
        and seen.start is not None
        and not seen.others_answer
        and not (seen.patroni is not None and seen.patroni.is_streaming)
    )


def plan(
    wanted: desired.Desired,
    seen: observed.Observed,
    now: dt.datetime,
    rest: tuple[services.Service, ...],
) -> Iterator[steps.Step]:
    """Return the next steps of a takeover; none while none is called for.

    Args:
        wanted: What shall be.
        seen: What is.
        now: The time.
        rest: The unit's services but etcd.
    """
    secrets, options = wanted.peers.secrets, seen.accepted
    intent = read(wanted.published.get('takeover', ''))
    if secrets is None or options is None or not is_called_for(wanted, seen):
        return
    assert seen.start is not None and seen.binaries is not None
    if intent is not None and seen.start.token == token(secrets, intent.epoch):
        return  # done: etcd starts
    silent = now.timestamp() - intent.since if intent is not None else 0.0
    if intent is None or silent > _STALE * options.failover_lease:
        epoch = intent.epoch if intent is not None else 1
        yield steps.Publish({'takeover': str(Intent(epoch, now.timestamp()))})
    elif silent >= options.failover_lease:
        yield steps.KeepServices(rest)
        yield steps.RestoreEtcd(
            etcd.Start(token(secrets, intent.epoch), {}), wanted.address, seen.binaries.etcdctl
        )


def token(secrets: peers.Secrets, epoch: int) -> str:
    """Return the token of etcd's cluster after that many takeovers."""
    return f'{secrets.token}.{epoch}'


def answer(where: str) -> bool:
    """Tell whether anything listens at one of these places.

    Args:
        where: What a unit's bag says of the others: ``address port port ...``, one per line.
    """
    places = [
        (words[0], int(port))
        for line in where.splitlines()
        if (words := line.split())
        for port in words[1:]
    ]
    if not places:
        return False
    with futures.ThreadPoolExecutor(len(places)) as pool:
        return any(pool.map(_listens, places))


def _listens(place: tuple[str, int]) -> bool:
    try:
        with socket.create_connection(place, timeout=_PATIENCE):
            return True
    except OSError:
        return False
