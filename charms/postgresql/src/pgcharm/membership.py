"""Who votes in etcd: decide the next single change, a pure function.

The invariants, whatever happens between two changes:

* No change is made after which the voters that are alive would not be a majority.
* One member joins at a time, and always as a learner.
* Two voters are passed through and never rested at: with two of them the loss of either stops
  the cluster, so whenever no third one can follow, the second goes.
* The last voter is never removed.
* A member is known by its name, also while its unit's new address is not in the list yet: only
  the unit itself says there where it has moved to.

Source: etcd documentation, "Learner" and "Runtime reconfiguration"; the sizes are ours.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable


@dataclasses.dataclass(frozen=True)
class Member:
    """A member of the etcd cluster."""

    id: str
    """As etcd writes it in JSON: a decimal number."""

    name: str
    """Empty until it has started for the first time."""

    peer_url: str
    client_url: str
    is_learner: bool = False

    @property
    def is_started(self) -> bool:
        """Whether it has joined since it was added."""
        return bool(self.name)


@dataclasses.dataclass(frozen=True)
class Unit:
    """A unit that may be a member."""

    name: str
    """Its name in etcd, ``pg-a-0``."""

    peer_url: str
    is_alive: bool = True
    """Whether its Patroni is known to run."""

    is_primary: bool = False
    is_leaving: bool = False
    is_witness: bool = False
    """Whether it has no data: it votes while exactly two units with data can."""


@dataclasses.dataclass(frozen=True)
class Add:
    """Add a learner."""

    peer_url: str


@dataclasses.dataclass(frozen=True)
class Promote:
    """Make a learner a voter."""

    id: str


@dataclasses.dataclass(frozen=True)
class Remove:
    """Remove a member."""

    id: str


@dataclasses.dataclass(frozen=True)
class MoveLeader:
    """Let another voter lead."""

    id: str


@dataclasses.dataclass(frozen=True)
class Move:
    """Tell where a member has moved to."""

    id: str
    peer_url: str


Change = Add | Promote | Remove | MoveLeader | Move


def moved(members: Iterable[Member], name: str, peer_url: str) -> Move | Remove | None:
    """Return what tells the others that the member *name* is at *peer_url* now, if they must.

    A learner goes, and is added again where it is now: etcd 3.4 lists one whose address was
    changed as a voter, which it is not.

    Source: etcd documentation, "Runtime reconfiguration", "Update a member"; etcd 3.4:
    ``etcdserver/api/v3rpc/member.go`` (``MemberUpdate``).
    """
    members = tuple(members)
    if any(member.peer_url == peer_url for member in members):
        return None
    own = next((member for member in members if member.name == name), None)
    if own is None:
        return None
    return Remove(own.id) if own.is_learner else Move(own.id, peer_url)


def voters_for(units: int) -> int:
    """Return how many voters that many units have when nothing changes any more."""
    if units <= 2:
        return min(units, 1)
    return min(units - 1 + units % 2, 7)


def is_settled(members: Iterable[Member], units: Iterable[Unit]) -> bool:
    """Tell whether the units have as many members as they shall; while one is dead, they have."""
    members, units = tuple(members), tuple(units)
    voting = {member.peer_url for member in members if not member.is_learner}
    holders = [unit for unit in units if not unit.is_witness]
    if not all(unit.is_alive for unit in holders):
        return True
    witnesses = [
        unit
        for unit in units
        if unit.is_witness and not unit.is_leaving and (unit.is_alive or unit.peer_url in voting)
    ]
    count = len(holders) + (bool(witnesses) if len(holders) == 2 else 0)
    return (
        all(member.is_started for member in members)
        and len(voting) == voters_for(count)
        and len(members) - len(voting) == (1 if count == 2 else 0)
    )


def next_change(members: Iterable[Member], leader: str, units: Iterable[Unit]) -> Change | None:
    """Return the next change, or None when all is as it shall be, or nothing is safe.

    Args:
        members: The present ones, from a voter in contact with a majority.
        leader: Id of the one that leads.
        units: All that are there, the leaving one included; who is not listed has departed.
    """
    by_url = {unit.peer_url: unit for unit in units}
    members = _at_home(members, by_url)
    staying = [unit for unit in by_url.values() if not unit.is_leaving]
    voters = [member for member in members if not member.is_learner]
    learners = [member for member in members if member.is_learner]
    wanted = _wanted(voters, learners, staying)
    if not wanted:
        return None
    learner = _learner(wanted, learners, staying)
    for member in learners:
        unit = by_url.get(member.peer_url)
        is_in_the_way = unit is None or unit.is_leaving or not (unit.is_alive or member.is_started)
        if is_in_the_way or member.peer_url not in (*wanted, learner):
            return Remove(member.id)
    gone = [member for member in voters if _is_gone(member, by_url)]
    for member in sorted(gone, key=lambda member: _is_alive(member, by_url)):
        change = _remove(member, voters, leader, wanted, by_url)
        if change is not None:
            return change
    voting = {member.peer_url for member in voters}
    missing = [url for url in wanted if url not in voting]
    for member in learners:
        if member.peer_url in missing:
            return Promote(member.id) if member.is_started else None
    if missing:
        return Remove(learners[0].id) if learners else Add(missing[0])
    unwanted = [member for member in voters if member.peer_url not in wanted]
    for member in unwanted:
        change = _remove(member, voters, leader, wanted, by_url)
        if change is not None:
            return change
    if learner and not learners and not unwanted:
        return Add(learner)
    return _spare_primary(voters, leader, by_url)


def _at_home(members: Iterable[Member], by_url: dict[str, Unit]) -> tuple[Member, ...]:
    """Return the members, each where its unit is: the list may not have its new address yet."""
    homes = {unit.name: unit.peer_url for unit in by_url.values() if not unit.is_witness}
    return tuple(
        member
        if member.peer_url in by_url
        else dataclasses.replace(member, peer_url=homes.get(member.name, member.peer_url))
        for member in members
    )


def _wanted(voters: list[Member], learners: list[Member], staying: list[Unit]) -> list[str]:
    """Return the peer URLs of those that shall vote, the most wanted first.

    As many as the units call for, and fewer while too few of them are there to have a vote: then
    the largest odd number. Who votes already goes on; with one vote the primary's unit has it.
    The witness is one of them while two units with data can vote: it comes when there are no
    others, and goes when a third one can.
    """
    voting = {member.peer_url for member in voters}
    learning = {member.peer_url for member in learners if member.is_started}
    holders = [unit for unit in staying if not unit.is_witness]
    able = [unit for unit in holders if unit.peer_url in voting or unit.is_alive]
    if len(able) == 2:
        witnesses = [
            unit
            for unit in staying
            if unit.is_witness
            and (unit.peer_url in voting or (unit.is_alive and len(holders) == 2))
        ]
        able += witnesses[:1]
    most = len(able) - 1 + len(able) % 2
    size = min(voters_for(max(len(holders), len(able))), most)

    def rank(unit: Unit) -> tuple[bool, ...]:
        primary = size == 1 and unit.is_primary and unit.is_alive
        # Of two voters that the last vote may go to, a dead one must not get it.
        alive = size == 1 and len(voting) > 1 and unit.is_alive
        return (
            not primary,
            not alive,
            unit.peer_url not in voting,
            unit.peer_url not in learning,
        )

    return [unit.peer_url for unit in sorted(able, key=rank)][:size]


def _learner(wanted: list[str], learners: list[Member], staying: list[Unit]) -> str:
    """Return the peer URL of the learner that a lone voter keeps for a takeover, if any."""
    if len(wanted) != 1:
        return ''
    # One that has joined stays the learner while its unit is away.
    learning = {member.peer_url for member in learners if member.is_started}
    able = [
        unit
        for unit in staying
        if unit.peer_url not in wanted
        and not unit.is_witness
        and (unit.is_alive or unit.peer_url in learning)
    ]
    able.sort(key=lambda unit: unit.peer_url not in learning)
    return able[0].peer_url if able else ''


def _is_gone(member: Member, by_url: dict[str, Unit]) -> bool:
    unit = by_url.get(member.peer_url)
    return unit is None or unit.is_leaving


def _is_alive(member: Member, by_url: dict[str, Unit]) -> bool:
    unit = by_url.get(member.peer_url)
    return member.is_started and unit is not None and unit.is_alive


def _remove(
    member: Member,
    voters: list[Member],
    leader: str,
    wanted: list[str],
    by_url: dict[str, Unit],
) -> Change | None:
    """Return what leads to the removal of a voter; None while that is not safe."""
    rest = [other for other in voters if other.id != member.id]
    alive = [other for other in rest if _is_alive(other, by_url)]
    if len(alive) <= len(rest) // 2:
        return None
    if member.id == leader:
        stay = [other for other in alive if other.peer_url in wanted] or alive
        return MoveLeader(stay[0].id)
    return Remove(member.id)


def _spare_primary(voters: list[Member], leader: str, by_url: dict[str, Unit]) -> Change | None:
    """Keep etcd's leader off the primary's unit: their common loss costs 3 s more."""
    leading = next((by_url.get(voter.peer_url) for voter in voters if voter.id == leader), None)
    if len(voters) < 3 or leading is None or not leading.is_primary:
        return None
    for voter in voters:
        unit = by_url.get(voter.peer_url)
        if unit is not None and not unit.is_primary and _is_alive(voter, by_url):
            return MoveLeader(voter.id)
    return None
