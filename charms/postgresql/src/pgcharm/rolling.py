"""Settings that need a restart reach the units one at a time: the standbys, then the primary.

Each unit says in its bag that its server waits for a restart that an operator's change is worth;
the leader gives the turns. While anybody is away nobody has one, so what does not come back ends
it. A primary with standbys hands over, so writers wait for that alone, and restarts as a standby.

What a standby may not have less of than its primary is lowered on the primary first, in place.
Source: PostgreSQL manual, "Hot Standby", "Administrator's Overview".
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Literal

from . import cluster, config, https, layout, reserve, steps, undo

if TYPE_CHECKING:
    from . import desired, observed

Wish = Literal['', 'later', 'due', 'lower']
"""What a unit's server waits for: nothing, the next restart, one of its own, one for less."""


def wish(seen: observed.Observed) -> Wish:
    """Return what this unit's server waits for."""
    server, patroni = seen.database, seen.patroni
    if server is None or patroni is None or not patroni.pending:
        return ''
    # What no option changed is worth none, and what a restart did not bring is not tried again.
    if not undo.waiting(seen) or seen.accepted_at <= server.started_at:
        return 'later'
    return 'lower' if patroni.lowers else 'due'


def saying(wanted: desired.Desired, seen: observed.Observed, settings: str) -> dict[str, str]:
    """Return what this unit's bag shall say of it, and by which options.

    Args:
        wanted: What shall be.
        seen: What is.
        settings: Digest of what Patroni shall have loaded; before it has, nothing is known.
    """
    patroni = seen.patroni
    if seen.database is None or patroni is None or patroni.settings != settings:
        return {}
    own = wish(seen)
    bag = {'options': _options(seen)}
    return {**bag, 'restart': own} if own or wanted.published.get('restart') else bag


def is_to_tell(wanted: desired.Desired, seen: observed.Observed) -> bool:
    """Tell whether the others wait for this unit's word, which comes without an event."""
    if seen.database is None or not wanted.peers.units:
        return False
    return wanted.published.get('options') not in (None, _options(seen))


def _options(seen: observed.Observed) -> str:
    """Return what changes whenever the options do."""
    if seen.accepted is None:
        return ''
    return hashlib.sha256(config.to_json(seen.accepted).encode()).hexdigest()[:12]


def turn(wanted: desired.Desired, seen: observed.Observed) -> str:
    """Return the unit that restarts now, by the leader's view; empty where none does."""
    if not wanted.peers.units:
        return wanted.unit if wish(seen) in ('due', 'lower') else ''
    if not wanted.is_leader or not _is_whole(wanted, seen):
        return ''
    assert seen.cluster is not None
    leader = layout.unit_of(seen.cluster.leader)
    wishes = _wishes(wanted, seen)
    pending = [layout.unit_of(one.name) for one in seen.cluster.members if one.is_pending]
    waiting = [unit for unit in pending if wishes.get(unit) in ('due', 'lower')]
    if leader in waiting and wishes[leader] == 'lower':
        return leader
    standbys = sorted(unit for unit in waiting if unit != leader)
    if standbys:
        return standbys[0]
    # Whose bag says nothing yet may be about to wish.
    is_silent = any(not wishes.get(unit) for unit in pending)
    return leader if leader in waiting and not is_silent else ''


def _wishes(wanted: desired.Desired, seen: observed.Observed) -> dict[str, str]:
    said = {unit: bag.get('restart', '') for unit, bag in wanted.peers.units.items()}
    own = {wanted.unit: wish(seen)}
    return {unit: found for unit, found in (said | own).items() if found}


def _is_whole(wanted: desired.Desired, seen: observed.Observed) -> bool:
    """Tell whether every unit is there, knows the options, and none is on its way."""
    found = seen.cluster
    if found is None or seen.shared is None or cluster.is_paused(seen.shared):
        return False
    joined = [layout.member_of(peer.unit) for peer in wanted.peers.known if peer.state]
    if len(joined) < len(wanted.peers.units):
        return False
    bags = (wanted.published, *wanted.peers.units.values())
    if any(bag.get('options') != _options(seen) for bag in bags):
        return False
    members = [found.member(name) for name in (wanted.places.member, *joined)]
    return bool(found.leader) and all(
        one is not None
        and (one.is_streaming or (one.name == found.leader and one.state == 'running'))
        for one in members
    )


def plan(
    wanted: desired.Desired, seen: observed.Observed, doors: Mapping[str, https.Door]
) -> Iterator[steps.Step]:
    """Return the step that gives a unit its turn, if it is anybody's.

    Args:
        wanted: What shall be.
        seen: What is.
        doors: The way to each unit's Patroni.
    """
    unit, leader = turn(wanted, seen), seen.cluster.leader if seen.cluster else ''
    if not unit:
        return
    moves = layout.member_of(unit) == leader and _wishes(wanted, seen)[unit] == 'due'
    moves = moves and seen.cluster is not None and bool(reserve.takers(seen.cluster))
    if not moves or not wanted.peers.units:
        yield steps.RestartPostgres(doors[unit])
    elif unit == wanted.unit:
        assert seen.ports is not None and seen.binaries is not None
        others = tuple(door for other, door in doors.items() if other != unit)
        port, bin_dir = seen.ports.postgresql, seen.binaries.pg_bin_dir
        yield steps.HandOver(doors[unit], others, port, bin_dir)
    else:
        yield steps.SwitchOver(doors[unit], leader)
