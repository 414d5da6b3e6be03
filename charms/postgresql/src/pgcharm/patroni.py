"""Patroni's settings: its file, and what all units share. :mod:`pgcharm.cluster` asks it."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from . import layout, ports

SUPERUSER = 'postgres'
REPLICATION_USER = 'replication'
REWIND_USER = 'rewind'
REST_USER = 'patroni'

DIGEST_TAG = 'settings'
"""Patroni shows its tags, so one can see which settings it has loaded; and whoever starts the
server finds it beside the server's settings."""

_SLOTS_SECONDS = 1800
"""How long the write-ahead log is kept for a standby that is away."""

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

    shared: Mapping[str, Any]
    """What :func:`dynamic` returned: how a new cluster begins."""

    etcd: tuple[str, ...]
    """Addresses and ports of etcd's voters, the nearest first."""

    lease: int
    """Seconds until a silent primary's leader key is gone."""

    stands_aside: bool = False
    """Whether it leaves: nobody shall count on it, nor choose it."""

    never_leads: bool = False
    """Whether nobody shall choose it."""

    delay: str = ''
    """By how much it shall be behind, ``1h``: then nobody counts on it either."""


Mode = Literal['off', 'on', 'quorum']


@dataclasses.dataclass(frozen=True)
class Safety:
    """How the cluster weighs safety against speed."""

    mode: Mode = 'off'
    """Who confirms a write beside the primary: nobody, one standby, any one of them."""

    is_strict: bool = False
    """Whether nothing is written while nobody can confirm it."""

    lease: int = 7
    """Seconds until a silent primary's leader key is gone."""

    maximum_lag: int = 1048576
    """How many bytes a standby may be behind and still be promoted, without confirmation."""

    keeps_slots: bool = True
    """Whether the write-ahead log is kept for a while for a standby that is away."""


def timings(lease: int) -> tuple[int, int]:
    """Return ``loop_wait`` and ``retry_timeout``, which fit into *lease*.

    ``loop_wait + 2 * retry_timeout <= ttl`` is the rule that Patroni's safety rests on.
    """
    loop_wait = max(1, min(lease // 7, 10))
    return loop_wait, min((lease - loop_wait) // 2, 10)


def dynamic(parameters: Mapping[str, str], safety: Safety) -> dict[str, Any]:
    """Return what all units of the cluster share, as it stands in etcd.

    Args:
        parameters: PostgreSQL's; only those that must be equal everywhere are taken.
        safety: The operator's choices, and what follows from the number of units.

    Source: Patroni documentation, "Dynamic Configuration Settings".
    """
    shared = {name: value for name, value in parameters.items() if name in _SHARED_BY_ALL}
    loop_wait, retry_timeout = timings(safety.lease)
    return {
        # Patroni's floor is 20; the lease itself is in each unit's file, see pgcharm.lease.etcd3.
        'ttl': max(20, safety.lease),
        'loop_wait': loop_wait,
        'retry_timeout': retry_timeout,
        'primary_start_timeout': 0,
        'primary_stop_timeout': 30,
        'maximum_lag_on_failover': safety.maximum_lag,
        'check_timeline': True,
        'failsafe_mode': True,
        'synchronous_mode': {'off': False, 'on': True}.get(safety.mode, safety.mode),
        'synchronous_mode_strict': safety.is_strict and safety.mode != 'off',
        'member_slots_ttl': _SLOTS_SECONDS if safety.keeps_slots else 0,
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
            'listen': join(cluster.address, numbers.patroni),
            'connect_address': join(cluster.address, numbers.patroni),
            **tls,
            'cafile': str(places.ca),
            # Whoever shows no certificate of the application's is not answered at all.
            'verify_client': 'required',
            'authentication': rest,
        },
        'ctl': {**tls, 'cacert': str(places.ca), 'authentication': rest},
        'etcd3': {
            'hosts': list(cluster.etcd),
            # Stay with our own member while it is there.
            'use_proxies': True,
            'protocol': 'https',
            'cacert': str(places.ca),
            'cert': str(places.certificate),
            'key': str(places.private_key),
            'lease': cluster.lease,
        },
        'log': {
            'dir': str(places.log),
            'file_num': 4,
            'file_size': 10 * 1024 * 1024,
            'mode': 0o600,
        },
        'bootstrap': {
            'dcs': dict(cluster.shared),
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
            'connect_address': join(cluster.address, numbers.postgresql),
            'bin_dir': str(cluster.bin_dir),
            'data_dir': str(places.data),
            'pgpass': str(places.postgresql / '.pgpass'),
            'use_unix_socket': True,
            'use_unix_socket_repl': True,
            'basebackup': [{'checkpoint': 'fast'}],
            # A pg_rewind that was cut short leaves data that no server can start with, and a
            # second one can't mend: this unit copies the primary's instead. What only this one
            # had is given up by the first, too. Source: PostgreSQL manual, "pg_rewind", warning.
            'remove_data_directory_on_rewind_failure': True,
            'authentication': {
                kind: {
                    'username': user,
                    'password': password,
                    'sslmode': 'verify-ca',
                    'sslrootcert': str(places.ca),
                }
                for kind, user, password in (
                    ('superuser', SUPERUSER, cluster.credentials.superuser),
                    ('replication', REPLICATION_USER, cluster.credentials.replication),
                    ('rewind', REWIND_USER, cluster.credentials.rewind),
                )
            },
            'callbacks': dict.fromkeys(
                ('on_start', 'on_stop', 'on_restart', 'on_role_change'),
                # A pipe of the watcher's; without a watcher nobody reads it.
                f"timeout 2 sh -c 'echo >{places.poke}'",
            ),
            'parameters': {**local, **_own_parameters(places)},
        },
    }
    if cluster.delay:
        content['postgresql']['recovery_conf'] = {'recovery_min_apply_delay': cluster.delay}
    is_aside = cluster.stands_aside or bool(cluster.delay)
    content['tags'] = {
        **({'nofailover': True} if is_aside or cluster.never_leads else {}),
        **({'nosync': True} if is_aside else {}),
    }
    digest_of = json.dumps(content, sort_keys=True)
    made = hashlib.sha256(digest_of.encode()).hexdigest()[:16]
    content['tags'][DIGEST_TAG] = content['postgresql'][DIGEST_TAG] = made
    return json.dumps(content, indent=1)


def digest(text: str) -> str:
    """Return the digest that stands in the settings *text*."""
    return str(json.loads(text)['tags'][DIGEST_TAG])


def _own_parameters(places: layout.Layout) -> dict[str, str]:
    """Return the parameters that nobody else may set: where all is, who enters, who is gone."""
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


def etcd_hosts(text: str) -> tuple[str, ...]:
    """Return where etcd is according to the settings *text*."""
    return tuple(json.loads(text)['etcd3']['hosts'])


def join(address: str, port: int) -> str:
    """Return address and port as Patroni writes them."""
    return f'[{address}]:{port}' if ':' in address else f'{address}:{port}'
