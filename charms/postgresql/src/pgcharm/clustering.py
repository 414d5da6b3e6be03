"""What one unit does for the cluster: its own part of etcd, and what only one of them may do."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from . import (
    consensus,
    database,
    desired,
    etcd,
    https,
    layout,
    membership,
    observed,
    patroni,
    reserve,
    roles,
    rolling,
    steps,
    takeover,
    undo,
    witness,
)

_MOVING = ('creating replica', 'starting', 'running custom bootstrap script')


def start(wanted: desired.Desired, seen: observed.Observed) -> etcd.Start | None:
    """Return how this unit's etcd shall have begun; None where it shall have none."""
    secrets = wanted.peers.secrets
    assert secrets is not None and seen.ports is not None
    if takeover.is_outlived(wanted, seen):
        return None
    if seen.etcd is None:
        if seen.start is None and wanted.founds:
            return etcd.Start(secrets.token, {})
        return seen.start
    url = https.url(wanted.address, seen.ports.etcd_peer)
    token = takeover.token(secrets, takeover.latest(wanted))
    return consensus.start(seen.etcd, wanted.places.member, url, token, seen.start)


def hosts(wanted: desired.Desired, seen: observed.Observed) -> tuple[str, ...]:
    """Return where this unit's Patroni shall look for etcd, its own member first.

    Its own learner comes last: it may be a voter, the only one, a moment later.
    """
    assert seen.ports is not None
    own = patroni.join(wanted.address, seen.ports.etcd_client)
    has_own = seen.start is not None or wanted.founds
    if seen.etcd is None:
        known = observed.known_hosts(wanted, seen)
        # They may name this unit's former address.
        return tuple(dict.fromkeys((*known, own) if has_own else known))
    urls = [voter.client_url for voter in seen.etcd.voters]
    found = [url.removeprefix('https://') for url in urls]
    others = [host for host in found if host != own]
    if own in found:
        return (own, *others)
    return (*others, own) if has_own else tuple(others)


def units(wanted: desired.Desired, seen: observed.Observed) -> tuple[membership.Unit, ...]:
    """Return all units as members of etcd, this one and the witness included."""
    assert seen.ports is not None
    where = {
        wanted.places.member: https.url(wanted.address, seen.ports.etcd_peer),
        **{
            layout.member_of(peer.unit): https.url(peer.address, peer.etcd_peer)
            for peer in wanted.peers.known
        },
    }
    found = seen.cluster
    own = (
        membership.Unit(
            name,
            url,
            is_alive=found is not None and found.member(name) is not None,
            is_primary=found is not None and found.leader == name,
            is_leaving=wanted.is_leaving and name == wanted.places.member,
        )
        for name, url in where.items()
    )
    return (*own, *witness.units(wanted.witness, seen.etcd, seen.witnesses))


def change(wanted: desired.Desired, seen: observed.Observed) -> membership.Change | None:
    """Return the next change of etcd's members that this unit shall make, if any."""
    if not wanted.is_leader or seen.etcd is None or seen.cluster is None or seen.ports is None:
        return None
    there = {layout.member_of(unit) for unit in (wanted.unit, *wanted.peers.units)}
    if any(member.name not in there for member in seen.cluster.members):
        # A unit that leaves goes by itself, and Juju told us before it began.
        return None
    return membership.next_change(seen.etcd.members, seen.etcd.leader, units(wanted, seen))


def moving(wanted: desired.Desired, seen: observed.Observed) -> Iterator[steps.Step]:
    """Return what a unit does whose address has changed, once its peers can have read of it."""
    assert seen.ports is not None
    url = https.url(wanted.address, seen.ports.etcd_peer)
    is_told = wanted.published.get('address') == wanted.address
    if (
        is_told
        and seen.etcd is not None
        and membership.moved(seen.etcd.members, wanted.places.member, url)
    ):
        yield steps.MoveMember(observed.etcd_doors(wanted, seen), wanted.unit, url)


def leading(
    wanted: desired.Desired, seen: observed.Observed, now: dt.datetime
) -> Iterator[steps.Step]:
    """Return what the Juju leader does for all: one change of etcd's members at a time."""
    if wanted.is_leader and wanted.witness is not None and seen.etcd is not None:
        yield from witness.telling(wanted, seen, units(wanted, seen), now)
    if change(wanted, seen) is not None:
        assert seen.etcd is not None
        yield steps.ChangeMembers(
            observed.etcd_doors(wanted, seen), wanted.unit, units(wanted, seen)
        )


def safety(wanted: desired.Desired, seen: observed.Observed) -> patroni.Safety:
    """Return what the cluster promises, by the options and the number of units."""
    options = seen.accepted
    assert options is not None
    return patroni.Safety(
        roles.mode(wanted, seen),
        is_strict=options.synchronous_mode == 'strict',
        lease=options.failover_lease,
        maximum_lag=options.maximum_lag_on_failover,
        keeps_slots=not _departed_slots(wanted, seen.database),
    )


def _departed_slots(wanted: desired.Desired, server: database.Catalogue | None) -> bool:
    """Tell whether there are replication slots of units that are no longer there."""
    if server is None or not server.is_primary:
        return False
    # Source: patroni: patroni/dcs/__init__.py (slot_name_from_member_name).
    there = {layout.member_of(unit).replace('-', '_').lower() for unit in wanted.peers.units}
    own = wanted.places.member.replace('-', '_').lower()
    prefix = own.rpartition('_')[0]
    return any(
        slot.rpartition('_')[0] == prefix and slot not in there and slot != own
        for slot in server.slots
    )


def _is_unconfirmed(wanted: desired.Desired, seen: observed.Observed) -> bool:
    """Tell whether a primary's standby streams whose confirmation will count in a moment."""
    found = seen.cluster
    if found is None or found.leader != wanted.places.member or roles.mode(wanted, seen) == 'off':
        return False
    streaming = [one for one in found.members if one.is_streaming and one.may_confirm]
    return bool(streaming) and not any(member.is_synchronous for member in streaming)


def is_known(wanted: desired.Desired, seen: observed.Observed) -> bool:
    """Tell whether what there is to say of the cluster changes by nothing but an event.

    A standby that is on its way has its lease already, and its own word may come too early.
    """
    found = seen.cluster
    is_primary = found is not None and found.leader == wanted.places.member
    return not undo.is_open(seen) and not (
        is_primary
        and found is not None
        and any(not one.is_streaming for one in found.members if one.name != found.leader)
    )


def _is_standby(seen: observed.Observed) -> bool:
    return seen.patroni is not None and seen.patroni.is_streaming


def is_moving(wanted: desired.Desired, seen: observed.Observed) -> bool:
    """Tell whether the cluster is on its way somewhere, so that a look in a second is worth it."""
    if wanted.is_leaving or seen.ports is None or not wanted.peers.is_related:
        return False
    if takeover.is_called_for(wanted, seen):
        return True
    is_delayed = bool(reserve.delay(wanted, seen)) and _is_standby(seen)
    if (roles.state(wanted, seen) in (None, 'failover') and not is_delayed) or seen.rivals:
        return True
    if rolling.turn(wanted, seen) or rolling.is_to_tell(wanted, seen):
        return True
    if seen.database is None and seen.proven is not None and undo.is_open(seen):
        return True
    if seen.patroni is not None and seen.patroni.state in _MOVING:
        return True
    if seen.etcd is not None and len(seen.etcd.voters) == 2:
        return True
    if _is_unconfirmed(wanted, seen):
        return True
    there = {layout.member_of(unit) for unit in (wanted.unit, *wanted.peers.units)}
    if seen.cluster is not None and any(one.name not in there for one in seen.cluster.members):
        return wanted.is_leader
    return (
        wanted.is_leader
        and seen.etcd is not None
        and not membership.is_settled(seen.etcd.members, units(wanted, seen))
    )
