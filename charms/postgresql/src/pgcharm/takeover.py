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

from . import etcd, https, peers, reserve, services, steps

if TYPE_CHECKING:
    from . import desired, observed

_WAITING = ('hot standby', 'failover')
_PATIENCE = 0.5

_SAFE = 3
"""Voters of which no single one can begin without the others."""

_NOTICE = 2.0
"""Seconds that an intent stands before it is acted on: whoever read the bags before it did, and
starts, is heard until then."""

_STALE = 10
"""Leases after which an intent is one of an earlier time, and its silence counts no more."""


@dataclasses.dataclass(frozen=True)
class Intent:
    """What a unit's bag says of its takeover."""

    epoch: int
    """Counts the takeovers of the application's etcd."""

    since: float
    """When that was written, seconds since 1970."""

    is_told: bool = False
    """Whether an operator ran the action; else the others were removed."""

    accepts_loss: bool = False
    """Whether an operator accepts that writes are missing which only the others had."""

    def __str__(self) -> str:
        """Return it as the bag has it."""
        words = (
            *(str(self.epoch), f'{self.since:.0f}'),
            *(['told'] if self.is_told else []),
            *(['accept-data-loss'] if self.accepts_loss else []),
        )
        return ' '.join(words)


def read(bag: str) -> Intent | None:
    """Return what a bag says; None where it says nothing of use."""
    epoch, _, rest = bag.partition(' ')
    since, *words = rest.split() or ['']
    try:
        return Intent(int(epoch), float(since), 'told' in words, 'accept-data-loss' in words)
    except ValueError:
        return None


def epoch(secrets: peers.Secrets, start: etcd.Start | None) -> int:
    """Return how many takeovers the etcd has behind it that began so."""
    found = start.token.removeprefix(secrets.token).removeprefix('.') if start else ''
    return int(found) if found.isdigit() else 0


def latest(wanted: desired.Desired) -> int:
    """Return how many takeovers the others' etcd has behind it, by their bags."""
    return max((_number(bag.get('epoch', '')) for bag in wanted.peers.units.values()), default=0)


def _number(text: str) -> int:
    return int(text) if text.isdigit() else 0


def is_outlived(wanted: desired.Desired, seen: observed.Observed) -> bool:
    """Tell whether this unit's etcd is one that another unit has taken over from.

    What it holds is an earlier time's, however well it works: nothing may run on it.
    """
    secrets = wanted.peers.secrets
    return (
        secrets is not None
        and seen.start is not None
        and epoch(secrets, seen.start) < latest(wanted)
    )


def asks_first(wanted: desired.Desired, seen: observed.Observed) -> bool:
    """Tell whether this unit must hear of its peers before it starts after a boot.

    A majority of three voters answers for itself, and a unit without others has none to ask.
    """
    ever_had_peers = bool(wanted.peers.units or wanted.published.get('others'))
    return ever_had_peers and (seen.etcd is None or len(seen.etcd.voters) < _SAFE)


def is_waited_for(wanted: desired.Desired, seen: observed.Observed) -> str:
    """Return the unit that is about to take over, where this one has not started yet.

    One that has is heard by the other, which then leaves it.
    """
    secrets = wanted.peers.secrets
    if secrets is None or seen.start is None or 'etcd' in seen.services.digests or seen.etcd:
        return ''
    own = epoch(secrets, seen.start)
    for unit, bag in wanted.peers.units.items():
        intent = read(bag.get('takeover', ''))
        if intent is not None and intent.epoch > own:
            return unit
    return ''


def is_possible(wanted: desired.Desired, seen: observed.Observed) -> bool:
    """Tell whether this unit cannot be a primary as things are, and nobody else answers.

    Or is one, the last unit, whose etcd has lost its voters with a unit that could not hand over.
    """
    is_stranded = _is_last(wanted) and bool(wanted.published.get('others'))
    is_stranded = is_stranded and 'etcd' in seen.services.digests
    return (
        wanted.peers.is_related
        and (wanted.published.get('state') in _WAITING or is_stranded)
        and seen.etcd is None
        and seen.start is not None
        and not seen.others_answer
        and not (seen.patroni is not None and seen.patroni.is_streaming)
    )


def _is_last(wanted: desired.Desired) -> bool:
    return not wanted.peers.units and wanted.planned_units == 1


def is_called_for(wanted: desired.Desired, seen: observed.Observed) -> bool:
    """Tell whether an operator has said that this unit goes on alone, and it can."""
    intent = read(wanted.published.get('takeover', ''))
    is_told = intent is not None and intent.is_told
    return (_is_last(wanted) or is_told) and is_possible(wanted, seen)


def is_alone(wanted: desired.Desired, seen: observed.Observed) -> bool:
    """Tell whether this unit has taken over and is the only member of etcd until now."""
    secrets, intent = wanted.peers.secrets, read(wanted.published.get('takeover', ''))
    return (
        intent is not None
        and secrets is not None
        and epoch(secrets, seen.start) == intent.epoch
        and seen.etcd is not None
        and [one.name for one in seen.etcd.members] == [wanted.places.member]
    )


def is_stuck(wanted: desired.Desired, seen: observed.Observed) -> bool:
    """Tell whether this unit has taken over and is not promoted, since it may lack writes.

    It had not confirmed all, or was one of several of which any one had: alone it cannot know.
    """
    found = seen.cluster
    own = found.member(wanted.places.member) if found is not None else None
    return (
        found is not None
        and not found.leader
        and is_alone(wanted, seen)
        and own is not None
        and own.role != 'sync_standby'
    )


def is_doubtful(wanted: desired.Desired, seen: observed.Observed) -> bool:
    """Tell whether the lost primary may have gone on alone, and no operator has accepted that."""
    intent = read(wanted.published.get('takeover', ''))
    return seen.gap is not None and not (intent is not None and intent.accepts_loss)


def refusal(
    wanted: desired.Desired, seen: observed.Observed, *, accepts_loss: bool = False
) -> str:
    """Return why an operator's word does not make this unit the primary; empty where it does."""
    if wanted.peers.secrets is None or wanted.published.get('state') not in _WAITING:
        return f'{wanted.unit} is no hot standby of this cluster: it has nothing to take over with'
    if seen.etcd is not None:
        if is_alone(wanted, seen):
            return ''  # it only waits to be promoted
        return 'a majority of etcd answers, so a primary is elected by itself; see "show-cluster"'
    if seen.patroni is not None and seen.patroni.is_streaming:
        return f'{wanted.unit} still receives the write-ahead log of a primary'
    if reserve.is_reserved(wanted, seen):
        return (
            f'{wanted.unit} never becomes the master: take it out of the options '
            '"no-failover" and "delayed-standby" first'
        )
    if seen.others_answer:
        return 'another unit answers: start it, or stop all of it, before this one takes over'
    if seen.start is None:
        return f"{wanted.unit} has no copy of etcd's keys; run it on a unit that has"
    if is_doubtful(wanted, seen) and not accepts_loss:
        assert seen.gap is not None
        return (
            f'{wanted.unit} has not heard etcd since {seen.gap.since}, but the primary went on: '
            'it may lack writes that were acknowledged since; accept-data-loss=true takes over '
            'nevertheless'
        )
    return ''


def told(
    wanted: desired.Desired,
    seen: observed.Observed,
    now: dt.datetime,
    *,
    accepts_loss: bool,
) -> Intent:
    """Return the intent that an operator's word makes; the same one when it is given again."""
    secrets, intent = wanted.peers.secrets, read(wanted.published.get('takeover', ''))
    assert secrets is not None
    own = epoch(secrets, seen.start)
    if intent is None or (intent.epoch <= own and seen.etcd is None):
        return Intent(own + 1, now.timestamp(), is_told=True, accepts_loss=accepts_loss)
    return dataclasses.replace(
        intent, is_told=True, accepts_loss=accepts_loss or intent.accepts_loss
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
    if secrets is None or options is None:
        return
    own = epoch(secrets, seen.start)
    if not is_called_for(wanted, seen) or is_doubtful(wanted, seen):
        return
    assert seen.start is not None and seen.binaries is not None
    if intent is not None and own == intent.epoch:
        return  # done: etcd starts
    age = now.timestamp() - intent.since if intent is not None else 0.0
    silent = now.timestamp() - (seen.silent_since or now.timestamp())
    if intent is None or (age > _STALE * options.failover_lease and not intent.is_told):
        if wanted.says.get('takeover', '') == wanted.published.get('takeover', ''):
            yield steps.Publish({'takeover': str(Intent(own + 1, now.timestamp()))})
    elif age >= _NOTICE and max(silent, age) >= options.failover_lease:
        yield steps.KeepServices(rest)
        yield steps.RestoreEtcd(
            etcd.Start(token(secrets, intent.epoch), {}), wanted.address, seen.binaries.etcdctl
        )


def listening(
    wanted: desired.Desired, seen: observed.Observed, now: dt.datetime
) -> Iterator[steps.Step]:
    """Return what keeps the time of the others' silence.

    It stays on this machine: a bag that changes would run a hook on a unit that is lost, which
    would start it.
    """
    is_silent = is_possible(wanted, seen)
    if is_silent != (seen.silent_since is not None):
        yield steps.NoteSilence(now.timestamp() if is_silent else None)


def saying(wanted: desired.Desired, seen: observed.Observed) -> dict[str, str]:
    """Return what this unit's bag shall say of its etcd's age and of an intent that is over.

    Before the first takeover there is nothing to say.
    """
    secrets = wanted.peers.secrets
    own = epoch(secrets, seen.start) if secrets else 0
    bag = {'epoch': str(own)} if own else {}
    return {**bag, 'takeover': ''} if _is_over(wanted, seen, own) else bag


def _is_over(wanted: desired.Desired, seen: observed.Observed, own: int) -> bool:
    intent = read(wanted.published.get('takeover', ''))
    if intent is None:
        return False
    if own >= intent.epoch:
        return own > intent.epoch or (seen.patroni is not None and seen.patroni.is_primary)
    # They are back: what was meant for their absence is over.
    return seen.etcd is not None or seen.others_answer


def concluding(wanted: desired.Desired, seen: observed.Observed) -> Iterator[steps.Step]:
    """Return what spares the taker the dead primary's lease, which began anew with etcd.

    Done once, in the hook that lets etcd begin, before any other unit reads of it: what stands
    there later may be a new primary's. Who had confirmed all writes is also forgotten when that
    is accepted later, and nobody has been elected.
    """
    secrets, intent = wanted.peers.secrets, read(wanted.published.get('takeover', ''))
    if intent is None or secrets is None or epoch(secrets, seen.start) != intent.epoch:
        return
    is_first = wanted.published.get('epoch') != str(intent.epoch)
    is_accepted = (
        intent.accepts_loss
        and is_alone(wanted, seen)
        and seen.cluster is not None
        and not seen.cluster.leader
    )
    if is_first or is_accepted:
        assert seen.ports is not None
        door = https.Door(
            wanted.address,
            seen.ports.etcd_client,
            wanted.places.ca,
            wanted.places.certificate,
            wanted.places.private_key,
        )
        yield steps.ForgetLeader(door, wanted.places.scope, intent.accepts_loss)


def token(secrets: peers.Secrets, epoch: int) -> str:
    """Return the token of etcd's cluster after that many takeovers."""
    return f'{secrets.token}.{epoch}' if epoch else secrets.token


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
