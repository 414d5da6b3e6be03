"""What a unit does that leaves: hand over, leave etcd, stop, let go of the storage.

Each stage has its time and then lets go, and may be done again: the hook of a unit that is
removed must end, and Juju repeats one that was killed.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

from . import clustering, desired, layout, observed, roles, running, steps, volume


def leaving(wanted: desired.Desired, seen: observed.Observed) -> Iterator[steps.Step]:
    """Return all that is left to do, in its order."""
    marker = seen.volume.marker
    if seen.volume.content is not volume.Content.OURS:
        marker = None
    if marker is not None and not marker.left:
        goes_on = bool(wanted.peers.units) and wanted.planned_units > 0
        is_primary = seen.patroni is not None and seen.patroni.is_primary
        yield from _telling(wanted, seen)
        if goes_on:
            yield from _parting(wanted, seen)
        marker = dataclasses.replace(
            marker,
            left='primary' if is_primary or not wanted.peers.units else 'standby',
            left_others=goes_on,
        )
        yield steps.Leave(marker, seen.binaries.pg_bin_dir if seen.binaries else None)
    elif seen.services.digests or seen.ports:
        yield steps.Leave(None, None)


def _telling(wanted: desired.Desired, seen: observed.Observed) -> Iterator[steps.Step]:
    """Tell clients and peers that this unit must not be used any more."""
    state = roles.state(wanted, seen)
    if state is not None and state != wanted.says.get('state'):
        yield from running.restating(wanted, seen)
        yield steps.Publish({'state': state})


def _parting(wanted: desired.Desired, seen: observed.Observed) -> Iterator[steps.Step]:
    """Leave the others so that they lose nothing and wait for nobody."""
    numbers = seen.ports
    if numbers is None or seen.binaries is None or not wanted.address:
        return
    own = observed.patroni_door(wanted, numbers)
    others = tuple(observed.peer_door(wanted, peer, numbers) for peer in wanted.peers.known)
    found, member = seen.cluster, wanted.places.member
    # Units that never lead while there are others do when they are alone: after this one.
    waits = found is None or any(one.may_lead for one in found.members if one.name != member)
    if seen.patroni is not None and seen.patroni.is_primary and waits:
        yield steps.HandOver(own, others, numbers.postgresql, seen.binaries.pg_bin_dir)
    elif (
        seen.patroni is not None
        and not seen.patroni.is_primary
        and seen.cluster is not None
        and seen.accepted is not None
    ):
        settings = running.patroni_settings(wanted, seen, stands_aside=True)
        path = wanted.places.patroni_settings
        yield steps.StandAside(own, others, wanted.places.member, path, settings)
    if seen.start is not None:
        doors = observed.etcd_doors(wanted, seen)
        units = clustering.units(wanted, seen)
        names = (layout.member_of(peer.unit) for peer in wanted.peers.known)
        patronis = dict(zip(names, others, strict=True))
        yield steps.LeaveEtcd(doors, patronis, wanted.unit, units)
