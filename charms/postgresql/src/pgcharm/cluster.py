"""The cluster as Patroni's REST API shows it, and what one can ask of it there.

Source: Patroni documentation, "Patroni REST API"; patroni 4.1.5: ``patroni/api.py``.
"""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any

from . import errors, https, patroni

_PRIMARY = ('primary', 'master')
_STOPPED = ('start failed', 'restart failed', 'stop failed', 'stopped', 'crashed')

DOWN = 'down'
"""Summary of a server that does not answer."""


@dataclasses.dataclass(frozen=True)
class State:
    """What a unit's Patroni says of itself (``GET /health``)."""

    role: str
    """``primary``, ``replica``, ``standby_leader`` or ``uninitialized``."""

    state: str
    """``running``, ``starting``, ``stopped``, ``initializing new cluster``, ..."""

    server_version: int = 0
    """150018 is 15.18; 0 while there is none."""

    timeline: int = 0
    pending: tuple[str, ...] = ()
    """Parameters whose new values wait for a restart."""

    lowers: bool = False
    """Whether one of them becomes less of what a standby must have as much of as its primary."""

    settings: str = ''
    """Digest of the settings that it has loaded."""

    is_streaming: bool = False
    """Whether it receives the primary's write-ahead log now."""

    etcd_at: float = 0.0
    """When etcd renewed its lease last, seconds since 1970; 0 where it has not yet.

    See :mod:`pgcharm.lease.etcd3`: Patroni's own value would be another.
    """

    @property
    def summary(self) -> str:
        """What of it is worth a hook when it changes; a server on its way up is simply down."""
        if not self.is_running:
            return DOWN
        pending = ','.join(self.pending)
        return f'{self.role} timeline={self.timeline} pending-restart={pending}'

    @property
    def is_primary(self) -> bool:
        """Whether it takes writes, as far as Patroni knows."""
        return self.is_running and self.role in _PRIMARY

    @property
    def is_stopped(self) -> bool:
        """Whether PostgreSQL is down and nothing starts it just now."""
        return self.state in _STOPPED

    @property
    def is_running(self) -> bool:
        """Whether PostgreSQL answers."""
        return self.state == 'running'


@dataclasses.dataclass(frozen=True)
class Member:
    """A member of the cluster (``GET /cluster``)."""

    name: str
    role: str
    state: str
    host: str
    port: int
    timeline: int
    lag_bytes: int | None
    is_pending: bool = False
    """Whether parameters of it wait for a restart."""

    may_lead: bool = True
    """Whether it may become the primary."""

    may_confirm: bool = True
    """Whether its confirmation may count."""

    @property
    def is_synchronous(self) -> bool:
        """Whether its confirmation counts."""
        return self.role in ('sync_standby', 'quorum_standby')

    @property
    def is_streaming(self) -> bool:
        """Whether it receives the primary's write-ahead log."""
        return self.state == 'streaming'


@dataclasses.dataclass(frozen=True)
class Cluster:
    """The members whose Patroni has a lease, and the one that holds the leader key."""

    members: tuple[Member, ...]

    @property
    def leader(self) -> str:
        """The name of the primary; empty while there is none."""
        return next((one.name for one in self.members if one.role in _LEADING), '')

    def member(self, name: str) -> Member | None:
        """Return the member of that name; None when it has no lease."""
        return next((one for one in self.members if one.name == name), None)


_LEADING = ('leader', 'standby_leader')


def observe(door: https.Door) -> State | None:
    """Return what Patroni says of its PostgreSQL, or None when it does not answer.

    ``/health`` says the same as ``/patroni``, but at once: the other tries again for seconds
    while PostgreSQL starts (patroni: ``patroni/api.py``, ``get_postgresql_status``).
    """
    try:
        answer = https.ask(door, 'GET', '/health', timeout=1.0)
    except errors.UnreachableError:
        return None
    return parse_state(answer.record) if answer.record else None


def parse_state(content: Mapping[str, Any]) -> State:
    """Return the typed value of an answer to ``GET /health``."""
    tags: Mapping[str, Any] = content.get('tags') or {}
    return State(
        role=str(content.get('role', '')),
        state=str(content.get('state', '')),
        server_version=int(content.get('server_version') or 0),
        timeline=int(content.get('timeline') or 0),
        pending=tuple(sorted(content.get('pending_restart_reason') or ())),
        lowers=_lowers(content.get('pending_restart_reason') or {}),
        settings=str(tags.get(patroni.DIGEST_TAG, '')),
        is_streaming=content.get('replication_state') == 'streaming',
        etcd_at=float(content.get('dcs_last_seen') or 0),
    )


_NO_LESS_THAN_PRIMARY = (
    'max_connections',
    'max_worker_processes',
    'max_wal_senders',
    'max_prepared_transactions',
    'max_locks_per_transaction',
)
"""Source: PostgreSQL manual, "Hot Standby", "Administrator's Overview"."""


def _lowers(reasons: Mapping[str, Any]) -> bool:
    for name in _NO_LESS_THAN_PRIMARY:
        values = reasons.get(name)
        if isinstance(values, dict):
            old, new = (str(values.get(key)) for key in ('old_value', 'new_value'))  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType, reportUnknownVariableType] # JSON
            if old.isdigit() and new.isdigit() and int(new) < int(old):
                return True
    return False


@dataclasses.dataclass(frozen=True)
class Position:
    """How far a server's write-ahead log is."""

    is_primary: bool
    lsn: int


def position(door: https.Door) -> Position | None:
    """Return what a server has written or received, or None when it does not answer."""
    try:
        answer = https.ask(door, 'GET', '/health', timeout=1.0).record
    except errors.UnreachableError:
        return None
    wal: Mapping[str, Any] = answer.get('xlog') or {}
    lsn = wal.get('location') or wal.get('received_location')
    return Position(answer.get('role') in _PRIMARY, int(lsn)) if lsn else None


def look(door: https.Door) -> Cluster | None:
    """Return the cluster as that Patroni sees it; None when it doesn't answer, or has no etcd."""
    try:
        return Cluster(members(door))
    except errors.UnreachableError:
        return None


def members(door: https.Door) -> tuple[Member, ...]:
    """Return the members of the cluster, by name.

    Raises:
        errors.UnreachableError: If Patroni does not answer.
    """
    answer = https.ask(door, 'GET', '/cluster', timeout=1.0)
    if answer.status != 200 or not answer.record:
        raise errors.UnreachableError(f'{door.address}:{door.port} does not know the cluster yet')
    found: list[Member] = []
    for record in answer.record.get('members', []):
        lag, tags = record.get('lag'), record.get('tags') or {}
        found.append(
            Member(
                name=str(record.get('name', '')),
                role=str(record.get('role', '')),
                state=str(record.get('state', '')),
                host=str(record.get('host', '')),
                port=int(record.get('port') or 0),
                timeline=int(record.get('timeline') or 0),
                lag_bytes=lag if isinstance(lag, int) else None,
                is_pending=bool(record.get('pending_restart')),
                may_lead=not tags.get('nofailover'),
                may_confirm=not tags.get('nosync'),
            )
        )
    return tuple(sorted(found, key=lambda member: member.name))


def shared_settings(door: https.Door) -> Mapping[str, Any]:
    """Return the dynamic configuration.

    Raises:
        errors.UnreachableError: If Patroni does not answer, or there is none yet.
    """
    answer = https.ask(door, 'GET', '/config')
    if answer.status != 200 or not answer.record:
        raise errors.UnreachableError(f'{door.address}:{door.port} has no shared settings yet')
    return answer.record


def change_shared_settings(door: https.Door, changes: Mapping[str, Any]) -> None:
    """Merge *changes* into the dynamic configuration.

    Raises:
        errors.UnreachableError: If Patroni does not answer or refuses.
    """
    _command(door, 'PATCH', '/config', changes)


def reload(door: https.Door) -> None:
    """Make Patroni read its settings again and pass them on to PostgreSQL.

    Raises:
        errors.UnreachableError: If Patroni does not answer or refuses.
    """
    _command(door, 'POST', '/reload', {})


def restart(door: https.Door) -> None:
    """Restart PostgreSQL, which Patroni goes on with when we no longer wait.

    Raises:
        errors.UnreachableError: If Patroni refuses.
    """
    try:
        https.ask(door, 'POST', '/restart', {}, timeout=1.0)
    except errors.UnreachableError:
        return


def restart_and_wait(door: https.Door, timeout: float) -> None:
    """Restart PostgreSQL and return when it runs again.

    Raises:
        errors.UnreachableError: If Patroni refuses, or is not done within *timeout* seconds.
    """
    answer = https.ask(door, 'POST', '/restart', {'timeout': timeout}, timeout=timeout)
    _check(answer, 'POST', '/restart')


def switchover(door: https.Door, leader: str, candidate: str, timeout: float) -> None:
    """Make *candidate* the primary instead of *leader*; any standby where it is empty.

    Raises:
        errors.UnreachableError: If Patroni refuses, or is not done within *timeout* seconds.
    """
    body = {'leader': leader, **({'candidate': candidate} if candidate else {})}
    _check(https.ask(door, 'POST', '/switchover', body, timeout=timeout), 'POST', '/switchover')


def reinitialise(door: https.Door) -> None:
    """Make a standby copy the primary's data again; returns when it has begun.

    Raises:
        errors.UnreachableError: If Patroni does not answer or refuses.
    """
    _command(door, 'POST', '/reinitialize', {'force': True})


@dataclasses.dataclass(frozen=True)
class Turn:
    """One line of the cluster's history: a timeline began."""

    timeline: int
    since: str
    """Time in ISO 8601, as Patroni wrote it; empty where it is not known."""

    leader: str
    """Name of the member that began it; empty where it is not known."""


def history(door: https.Door) -> tuple[Turn, ...]:
    """Return the promotions so far, the oldest first; empty before the first.

    Raises:
        errors.UnreachableError: If Patroni does not answer.
    """
    content = https.ask(door, 'GET', '/history').content
    rows: list[Any] = content if isinstance(content, list) else []
    # Patroni's rows: the timeline that ended, its last position, reason, time, new primary.
    padded = ([*row, '', '', '', ''] for row in rows)
    return tuple(Turn(int(row[0]) + 1, str(row[3]), str(row[4])) for row in padded)


def is_paused(shared: Mapping[str, Any]) -> bool:
    """Tell whether the dynamic configuration *shared* says that Patroni must not act by itself."""
    return bool(shared.get('pause'))


def knock(doors: Iterable[https.Door]) -> None:
    """Wake the loop of each Patroni, by a change of the settings that changes nothing."""
    for door in doors:
        with contextlib.suppress(errors.UnreachableError):
            https.ask(door, 'PATCH', '/config', {'check_timeline': True}, timeout=1.0)


def _command(door: https.Door, method: str, path: str, body: Mapping[str, Any]) -> None:
    _check(https.ask(door, method, path, body), method, path)


def _check(answer: https.Answer, method: str, path: str) -> None:
    if answer.status not in (200, 202):
        raise errors.UnreachableError(f'Patroni refuses {method} {path}: {answer.content}')
