"""What a unit is in its cluster, in the seed's words: pure functions.

The seed: ``standalone``, ``master``, ``hot standby``; ``failover`` while a new master is elected.
What clients are told is written to the peers' bag in the same hook, so the units know of each
other what each other's clients know.
"""

from __future__ import annotations

from collections.abc import Mapping

from . import desired, layout, observed, patroni, reserve
from .clients import answers


def state(wanted: desired.Desired, seen: observed.Observed) -> answers.State | None:
    """Return what clients shall be told of this unit; None while it has never joined.

    No two units that answer say ``master``: a new one waits for the old one's word. And none
    says ``hot standby`` for the first time before there is a master to be its standby.
    """
    said = _said(wanted)
    if wanted.is_leaving:
        return 'failover' if said and wanted.planned_units else said
    if seen.is_fenced:
        return said and 'failover'
    if not wanted.peers.units:
        is_up = seen.database is not None and seen.database.is_primary
        return 'standalone' if is_up or said in ('standalone', 'master') else said
    leader = seen.cluster.leader if seen.cluster is not None else None
    is_ours = leader == wanted.places.member
    if seen.database is not None and seen.database.is_primary:
        if leader is not None and not is_ours:
            # Of a primary that lost its key, or has not been given it yet.
            return said if said != 'master' else 'failover'
        return said if seen.rivals and said != 'standalone' else 'master'
    if is_ours and said in ('master', 'standalone'):
        return said
    if said is None:
        joins = 'failover' if reserve.delay(wanted, seen) else 'hot standby'
        return joins if _may_join(wanted, seen, leader) else None
    if leader is None:
        return said if said != 'master' else 'failover'
    if not leader or is_ours or seen.database is None or reserve.delay(wanted, seen):
        return 'failover'
    return 'hot standby' if said == 'hot standby' or _is_streaming(seen) else 'failover'


def _said(wanted: desired.Desired) -> answers.State | None:
    said = wanted.published.get('state', '')
    for one in ('standalone', 'master', 'hot standby', 'failover'):
        if said == one:
            return one
    return None


def _may_join(wanted: desired.Desired, seen: observed.Observed, leader: str | None) -> bool:
    masters = [layout.member_of(peer.unit) for peer in wanted.peers.known if is_master(peer.state)]
    return seen.database is not None and leader in masters and _is_streaming(seen)


def is_master(said: str) -> bool:
    """Tell whether a unit that said so may have standbys."""
    return said == 'master'


def _is_streaming(seen: observed.Observed) -> bool:
    return seen.patroni is not None and seen.patroni.is_streaming


def joined(wanted: desired.Desired) -> tuple[str, ...]:
    """Return the names of the other units that have joined, dead ones included."""
    return tuple(peer.unit for peer in wanted.peers.known if peer.state)


def mode(wanted: desired.Desired, seen: observed.Observed) -> patroni.Mode:
    """Return who shall confirm writes: by the number of units, where the operator leaves it."""
    options = seen.accepted
    if options is None or options.synchronous_mode == 'off':
        return 'off'
    others = [unit for unit in joined(wanted) if unit not in options.delayed_standby]
    if not others:
        # Where nobody's word can count, only the strict wait for it.
        is_strict = options.synchronous_mode == 'strict' and bool(joined(wanted))
        return 'on' if is_strict else 'off'
    return 'on' if len(others) == 1 else 'quorum'


def places(
    wanted: desired.Desired, seen: observed.Observed, own: answers.State | None
) -> tuple[answers.Place | None, tuple[answers.Place, ...]]:
    """Return where the master is and where the hot standbys are.

    Args:
        wanted: What shall be.
        seen: What is.
        own: What this unit says of itself.
    """
    found = {
        peer.unit: (peer.state, answers.Place(peer.client_address, peer.postgresql))
        for peer in wanted.peers.known
    }
    if wanted.addresses is not None and seen.ports is not None and own is not None:
        here = answers.Place(wanted.addresses.for_clients, seen.ports.postgresql)
        found[wanted.unit] = (own, here)
    master = _master(wanted, seen, {unit: said for unit, (said, _) in found.items()})
    standbys = tuple(
        place
        for unit, (said, place) in sorted(found.items())
        if said == 'hot standby' and unit != master
    )
    return found[master][1] if master is not None else None, standbys


def _master(
    wanted: desired.Desired, seen: observed.Observed, said: Mapping[str, str]
) -> str | None:
    """Return the unit that takes writes, as its standbys tell it.

    It is the one that Patroni made the leader, whose own word comes with its own bags: so these
    change once, and at the same time. A dead unit's ``master`` counts for nothing.
    """
    if seen.cluster is not None and seen.cluster.leader != wanted.places.member:
        unit = layout.unit_of(seen.cluster.leader)
        return unit if said.get(unit) else None
    return next((unit for unit, state in said.items() if is_master(state)), None)
