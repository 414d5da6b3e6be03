"""The unit's status: one pure function, from facts."""

from __future__ import annotations

import dataclasses
from typing import Literal

from . import (
    cluster,
    database,
    desired,
    layout,
    observed,
    plan,
    preparing,
    reserve,
    roles,
    serving,
    takeover,
    volume,
    witness,
)

Name = Literal['active', 'waiting', 'maintenance', 'blocked']

LONGEST = 120
"""Juju cuts a message there."""

FENCED = 'fenced: PostgreSQL is kept stopped here; the action "unfence" ends that'

PAUSED = 'no automatic failover: paused; the action "resume" ends that'

_NOTABLE = 16 << 20
"""Bytes that a standby may be behind before its status says so."""


@dataclasses.dataclass(frozen=True)
class Status:
    """What an operator sees."""

    name: Name
    message: str


def status(wanted: desired.Desired, seen: observed.Observed) -> Status:
    """Return the status of a unit after its steps.

    Args:
        wanted: What shall be.
        seen: What is.
    """
    found = _about_clients(_status(wanted, seen), wanted, seen)
    return dataclasses.replace(found, message=found.message[:LONGEST])


def _about_clients(found: Status, wanted: desired.Desired, seen: observed.Observed) -> Status:
    """Add what an operator should know of clients to the status of a unit that serves them."""
    if found.name != 'active' or seen.database is None:
        return found
    forbidden = serving.forbidden(wanted.clients)
    if forbidden:
        return Status('blocked', forbidden[0])
    notes = (
        *database.crowd(seen.database),
        *serving.concerns(wanted.clients, seen.database.clients),
    )
    more = f' (and {len(notes) - 1} more)' if len(notes) > 1 else ''
    return Status('active', f'{found.message}; {notes[0]}{more}') if notes else found


def version(seen: observed.Observed) -> str:
    """Return the workload's version, ``15.18``; empty while there is none."""
    if seen.patroni is None or not seen.patroni.server_version:
        return ''
    major, minor = divmod(seen.patroni.server_version, 10000)
    return f'{major}.{minor}'


def _status(wanted: desired.Desired, seen: observed.Observed) -> Status:
    if wanted.is_leaving or plan.has_left(wanted, seen):
        return Status('maintenance', 'stopped; the data stay on the storage')
    if seen.volume.content is volume.Content.ABSENT:
        return Status('waiting', 'waiting for the storage "pgdata"')
    reason = preparing.obstacle(wanted, seen)
    if reason:
        return Status('blocked', reason)
    if seen.missing:
        return Status('maintenance', f'installing {" ".join(seen.missing)}')
    if wanted.peers.secrets is None or not wanted.peers.bootstrap:
        return Status('waiting', 'waiting for the leader to name the unit that makes the cluster')
    if wanted.addresses is None:
        return Status('waiting', 'waiting for an address')
    faults = wanted.parse(seen.accepted, seen.parameters).faults
    if not wanted.founds and not wanted.has_cluster:
        return Status('waiting', f'waiting for {wanted.peers.bootstrap} to make the cluster')
    if seen.is_fenced:
        return Status('blocked', FENCED)
    taker = takeover.is_waited_for(wanted, seen)
    if taker:
        return Status('waiting', f'waiting for {taker}, which takes over')
    if seen.patroni is None and seen.etcd is None and wanted.peers.units and _has_joined(wanted):
        return Status('blocked', _lost(wanted, 'PostgreSQL waits'))
    if seen.patroni is None:
        return Status('maintenance', 'starting etcd and Patroni')
    if seen.database is None and 'creating replica' in seen.patroni.state:
        return Status('maintenance', _copying(seen))
    if seen.database is None and seen.failure is not None and seen.failure.reason:
        return Status('blocked', f'PostgreSQL does not start: {seen.failure.reason}')
    if seen.database is None:
        return Status('maintenance', f'PostgreSQL: {seen.patroni.state or "starting"}')
    if faults:
        fault = faults[0]
        more = f' (and {len(faults) - 1} more)' if len(faults) > 1 else ''
        return Status('blocked', f'option "{fault.option}": {fault.reason}{more}')
    if seen.database.hba_errors:
        return Status('blocked', f'option "extra-pg-auth": {seen.database.hba_errors[0]}')
    state = roles.state(wanted, seen)
    if state == 'standalone':
        return Status('active', 'standalone')
    if state == 'master':
        return Status('active', _promise(wanted, seen))
    if seen.etcd is None and seen.gap is not None and takeover.is_doubtful(wanted, seen):
        command = f'run {wanted.unit} takeover accept-data-loss=true'
        return Status('blocked', f'may lack writes since {seen.gap.since}, reads only; {command}')
    if takeover.is_called_for(wanted, seen):
        return Status('waiting', 'taking over: waiting until the others are silent')
    if seen.etcd is None and wanted.peers.units:
        return Status('blocked', _lost(wanted, 'reads only'))
    if state == 'hot standby' or reserve.delay(wanted, seen):
        return _standby(wanted, seen)
    if takeover.is_stuck(wanted, seen):
        command = f'run {wanted.unit} takeover accept-data-loss=true'
        return Status('blocked', f'may lack writes; {command}')
    if seen.cluster is not None and not seen.cluster.leader:
        return Status('waiting', 'a new primary is being elected')
    return Status('waiting', 'PostgreSQL is read-only until it has joined the cluster')


def _copying(seen: observed.Observed) -> str:
    done, whole = seen.copied
    source = layout.unit_of(seen.cluster.leader) if seen.cluster and seen.cluster.leader else ''
    text = f'copying the data from {source or "the primary"}'
    if not whole:
        return text
    share = min(100 * done // whole, 100)
    return f'{text}: {_size(done)} of {_size(whole)} ({share} %)'


def _size(count: int) -> str:
    return f'{count / (1 << 20):.0f} MB' if count < 10 << 30 else f'{count / (1 << 30):.1f} GB'


def _has_joined(wanted: desired.Desired) -> bool:
    return bool(wanted.published.get('state'))


def _lost(wanted: desired.Desired, effect: str) -> str:
    """Return what to do where a majority of the voters is away, and nobody can be elected."""
    units = list(wanted.peers.units)
    if len(units) == 1:
        lost = units[0]
        return (
            f'{lost} is away, {effect}; if it is lost: remove-unit --force {lost}'
            f' (or: run {wanted.unit} takeover)'
        )
    return f'a majority of the units is away, {effect}; start them, or remove the lost ones'


def _standby(wanted: desired.Desired, seen: observed.Observed) -> Status:
    if seen.cluster is None:
        return Status('waiting', 'hot standby; Patroni does not answer')
    leader = seen.cluster.leader
    own = seen.cluster.member(wanted.places.member)
    if not leader:
        return Status('waiting', 'a new primary is being elected')
    if seen.patroni is None or not seen.patroni.is_streaming:
        return Status('waiting', f'hot standby, catching up with {layout.unit_of(leader)}')
    behind = own.lag_bytes if own is not None else None
    lag = f', {_size(behind)} behind' if behind and behind > _NOTABLE else ''
    delay = reserve.delay(wanted, seen)
    if delay:
        return Status(
            'active', f'delayed standby of {layout.unit_of(leader)}, {delay} behind{lag}'
        )
    never = ', never the master' if reserve.is_reserved(wanted, seen) else ''
    return Status('active', f'hot standby of {layout.unit_of(leader)}{never}{lag}')


def _promise(wanted: desired.Desired, seen: observed.Observed) -> str:
    """Return what may fail now, and what that would cost."""
    others = roles.joined(wanted)
    found = seen.cluster
    if not others or found is None or seen.etcd is None or seen.accepted is None:
        return 'master; no standby yet' if not others else 'master; etcd does not answer'
    members = [found.member(layout.member_of(unit)) for unit in others]
    away = [
        unit
        for unit, member in zip(others, members, strict=True)
        if member is None or not member.is_streaming
    ]
    if seen.shared is not None and cluster.is_paused(seen.shared):
        return PAUSED
    voters = len(seen.etcd.voters)
    if away:
        text = f'can lose no unit: {", ".join(away)} {"is" if len(away) == 1 else "are"} away'
        # Only itself can change its bag; a reactive client's new unit is not ready until then.
        stale = [one.unit for one in wanted.peers.known if roles.is_master(one.state)]
        return text + ''.join(f', and clients still read "master" of {unit}' for unit in stale)
    if voters == 2:
        return 'can lose no unit: the voters of etcd are changing'
    if any(one.peer_url not in seen.witnesses for one in witness.voters(seen.etcd)):
        return 'can lose no unit: the witness is away'
    if not reserve.takers(found):
        which = others[0] if len(others) == 1 else 'a standby'
        return f'can lose {which}; nobody takes over from this unit: no other one may'
    confirms = any(member and member.is_synchronous for member in members)
    wanted_mode = roles.mode(wanted, seen)
    if wanted_mode == 'off':
        cost = 'its last writes'
    elif confirms:
        cost = '0 writes'
    else:
        return 'can lose no unit: no standby confirms writes yet'
    if voters == 1:
        return f'can lose {others[0]}, 0 writes; if this unit is lost, an operator decides'
    return f'can lose 1 unit, {cost}, about {seen.accepted.failover_lease} s'
