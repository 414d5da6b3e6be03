"""The unit's status: one pure function, from facts."""

from __future__ import annotations

import dataclasses
from typing import Literal

from . import desired, observed, plan, volume

Name = Literal['active', 'waiting', 'maintenance', 'blocked']

LONGEST = 120
"""Juju cuts a message there."""


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
    found = _status(wanted, seen)
    return dataclasses.replace(found, message=found.message[:LONGEST])


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
    reason = plan.obstacle(wanted, seen)
    if reason:
        return Status('blocked', reason)
    if seen.missing:
        return Status('maintenance', f'installing {" ".join(seen.missing)}')
    if wanted.peers.secrets is None or not wanted.peers.bootstrap:
        return Status('waiting', 'waiting for the leader to name the unit that makes the cluster')
    if wanted.addresses is None:
        return Status('waiting', 'waiting for an address')
    if wanted.peers.bootstrap != wanted.unit:
        return Status('waiting', f'{wanted.peers.bootstrap} has the data; replication comes later')
    faults = wanted.parse(seen.accepted).faults
    if seen.patroni is None:
        return Status('maintenance', 'starting etcd and Patroni')
    if seen.database is None:
        return Status('maintenance', f'PostgreSQL: {seen.patroni.state or "starting"}')
    if faults:
        fault = faults[0]
        more = f' (and {len(faults) - 1} more)' if len(faults) > 1 else ''
        return Status('blocked', f'option "{fault.option}": {fault.reason}{more}')
    if seen.database.hba_errors:
        return Status('blocked', f'option "extra-pg-auth": {seen.database.hba_errors[0]}')
    if not seen.database.is_primary:
        return Status('waiting', 'PostgreSQL is read-only until Patroni makes it the primary')
    return Status('active', 'standalone')
