"""Patroni: its settings, and its REST API. The only module that knows their words."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from . import errors, https, layout, ports

SUPERUSER = 'postgres'
REPLICATION_USER = 'replication'
REWIND_USER = 'rewind'
REST_USER = 'patroni'

DOWN = 'down'
"""Summary of a server that does not answer."""

LEASE = 7
"""Seconds until a silent primary's leader key is gone. Its loop and its patience fit into it:
``loop_wait + 2 * retry_timeout <= ttl``."""

_DIGEST_TAG = 'settings'

_LOOP_WAIT = 1
_RETRY_TIMEOUT = 3

_SHARED_BY_ALL = frozenset(
    {
        'max_connections',
        'max_locks_per_transaction',
        'max_worker_processes',
        'max_prepared_transactions',
        'max_wal_senders',
        'max_replication_slots',
        'wal_level',
        'wal_log_hints',
        'track_commit_timestamp',
    }
)
"""Parameters that a standby must not have lower than its primary: Patroni takes them from the
dynamic configuration only (patroni: ``patroni/postgresql/config.py``, ``CMDLINE_OPTIONS``)."""


@dataclasses.dataclass(frozen=True)
class Credentials:
    """What Patroni needs to know to enter PostgreSQL and its own REST API."""

    superuser: str = dataclasses.field(repr=False)
    replication: str = dataclasses.field(repr=False)
    rewind: str = dataclasses.field(repr=False)
    rest: str = dataclasses.field(repr=False)


@dataclasses.dataclass(frozen=True)
class Cluster:
    """What one unit's Patroni is told."""

    places: layout.Layout
    ports: ports.Ports
    listen: tuple[str, ...]
    """Addresses to listen on."""

    address: str
    """The one that the other units use."""

    bin_dir: Path
    credentials: Credentials
    parameters: Mapping[str, str]
    """PostgreSQL's, from the profile and the options."""

    encoding: str
    locale: str
    data_checksums: bool


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
    system_identifier: str = ''
    pending: tuple[str, ...] = ()
    """Parameters whose new values wait for a restart."""

    settings: str = ''
    """Digest of the settings that it has loaded."""

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
        return self.is_running and self.role in ('primary', 'master')

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


def dynamic(parameters: Mapping[str, str]) -> dict[str, Any]:
    """Return what all units of the cluster share, as it stands in etcd.

    Args:
        parameters: PostgreSQL's; only those that must be equal everywhere are taken.

    Source: Patroni documentation, "Dynamic Configuration Settings".
    """
    shared = {name: value for name, value in parameters.items() if name in _SHARED_BY_ALL}
    return {
        # Patroni's floor; the lease itself is LEASE, see pgcharm.lease.etcd3.
        'ttl': 20,
        'loop_wait': _LOOP_WAIT,
        'retry_timeout': _RETRY_TIMEOUT,
        'primary_start_timeout': 0,
        'primary_stop_timeout': 30,
        'maximum_lag_on_failover': 1048576,
        'check_timeline': True,
        'failsafe_mode': True,
        'postgresql': {
            'use_pg_rewind': True,
            'use_slots': True,
            'parameters': {'wal_level': 'replica', 'wal_log_hints': 'on', **shared},
        },
    }


def settings(cluster: Cluster) -> str:
    """Return the content of patroni.yml (as JSON, which is YAML)."""
    places = cluster.places
    numbers = cluster.ports
    tls = {'certfile': str(places.certificate), 'keyfile': str(places.private_key)}
    rest = {'username': REST_USER, 'password': cluster.credentials.rest}
    local = {
        name: value for name, value in cluster.parameters.items() if name not in _SHARED_BY_ALL
    }
    content: dict[str, Any] = {
        'scope': places.scope,
        'name': places.member,
        'restapi': {
            'listen': _join(cluster.address, numbers.patroni),
            'connect_address': _join(cluster.address, numbers.patroni),
            **tls,
            'cafile': str(places.ca),
            # Whoever shows no certificate of the application's is not answered at all.
            'verify_client': 'required',
            'authentication': rest,
        },
        'ctl': {**tls, 'cacert': str(places.ca), 'authentication': rest},
        'etcd3': {
            'hosts': [_join(cluster.address, numbers.etcd_client)],
            # Stay with our own member while it is there.
            'use_proxies': True,
            'protocol': 'https',
            'cacert': str(places.ca),
            'cert': str(places.certificate),
            'key': str(places.private_key),
            'lease': LEASE,
        },
        'log': {
            'dir': str(places.log),
            'file_num': 4,
            'file_size': 10 * 1024 * 1024,
            'mode': 0o600,
        },
        'bootstrap': {
            'dcs': dynamic(cluster.parameters),
            'initdb': [
                {'encoding': cluster.encoding},
                {'locale': cluster.locale},
                {'auth-local': 'peer'},
                {'auth-host': 'scram-sha-256'},
                *(['data-checksums'] if cluster.data_checksums else []),
            ],
        },
        'postgresql': {
            'listen': f'{",".join(cluster.listen)}:{numbers.postgresql}',
            'connect_address': _join(cluster.address, numbers.postgresql),
            'bin_dir': str(cluster.bin_dir),
            'data_dir': str(places.data),
            'pgpass': str(places.postgresql / '.pgpass'),
            'use_unix_socket': True,
            'use_unix_socket_repl': True,
            'basebackup': [{'checkpoint': 'fast'}],
            'authentication': {
                'superuser': {
                    'username': SUPERUSER,
                    'password': cluster.credentials.superuser,
                },
                'replication': {
                    'username': REPLICATION_USER,
                    'password': cluster.credentials.replication,
                },
                'rewind': {'username': REWIND_USER, 'password': cluster.credentials.rewind},
            },
            'callbacks': dict.fromkeys(
                ('on_start', 'on_stop', 'on_restart', 'on_role_change'),
                # A pipe of the watcher's; without a watcher nobody reads it.
                f"timeout 2 sh -c 'echo >{places.poke}'",
            ),
            'parameters': {**local, **_own_parameters(places)},
        },
    }
    # Patroni shows its tags, so one can see which settings it has loaded.
    content['tags'] = {_DIGEST_TAG: hashlib.sha256(repr(content).encode()).hexdigest()[:16]}
    return json.dumps(content, indent=1)


def digest(text: str) -> str:
    """Return the digest that stands in the settings *text*."""
    return str(json.loads(text)['tags'][_DIGEST_TAG])


def _own_parameters(places: layout.Layout) -> dict[str, str]:
    """Return the parameters that nobody else may set: where things are, and who may enter."""
    return {
        'hba_file': str(places.hba),
        'ident_file': str(places.ident),
        'unix_socket_directories': str(places.socket_folder),
        'unix_socket_permissions': '0700',
        'password_encryption': 'scram-sha-256',
        'ssl': 'on',
        'ssl_cert_file': str(places.certificate),
        'ssl_key_file': str(places.private_key),
        'logging_collector': 'on',
        'log_directory': str(places.log),
        'log_filename': 'postgresql-%a.log',
        'log_truncate_on_rotation': 'on',
        'log_rotation_age': '1d',
        'wal_sender_timeout': '10s',
        'wal_receiver_timeout': '10s',
        'wal_retrieve_retry_interval': '500ms',
    }


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
        system_identifier=str(content.get('database_system_identifier') or ''),
        pending=tuple(sorted(content.get('pending_restart_reason') or ())),
        settings=str(tags.get(_DIGEST_TAG, '')),
    )


def members(door: https.Door) -> tuple[Member, ...]:
    """Return the members of the cluster, by name.

    Raises:
        errors.UnreachableError: If Patroni does not answer.
    """
    answer = https.ask(door, 'GET', '/cluster')
    if answer.status != 200 or not answer.record:
        raise errors.UnreachableError(f'{door.address}:{door.port} does not know the cluster yet')
    found: list[Member] = []
    for record in answer.record.get('members', []):
        lag = record.get('lag')
        found.append(
            Member(
                name=str(record.get('name', '')),
                role=str(record.get('role', '')),
                state=str(record.get('state', '')),
                host=str(record.get('host', '')),
                port=int(record.get('port') or 0),
                timeline=int(record.get('timeline') or 0),
                lag_bytes=lag if isinstance(lag, int) else None,
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


def _command(door: https.Door, method: str, path: str, body: Mapping[str, Any]) -> None:
    answer = https.ask(door, method, path, body)
    if answer.status not in (200, 202):
        raise errors.UnreachableError(f'Patroni refuses {method} {path}: {answer.content}')


def _join(address: str, port: int) -> str:
    return f'[{address}]:{port}' if ':' in address else f'{address}:{port}'
