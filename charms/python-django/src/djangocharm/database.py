"""From the bags of PostgreSQL's units to Django's ``DATABASES``.

Source: the seed, "Interacting with the Postgresql Service" and "For replicated database support".
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any, Literal

Bag = Mapping[str, str]
Role = Literal['master', 'standby']

_KEYS = ('host', 'port', 'user', 'password', 'database')


@dataclasses.dataclass(frozen=True)
class Server:
    """A database unit that may be used."""

    unit: str
    role: Role
    host: str
    port: str
    user: str
    password: str = dataclasses.field(repr=False)
    database: str


def choose(bags: Mapping[str, Bag], *, me: str, database: str) -> list[Server]:
    """Return the units that may be used, the master first.

    Args:
        bags: What each unit that is related, and is not leaving, says.
        me: This unit's name, which must stand in ``allowed-units``.
        database: What we asked for; empty for what PostgreSQL names.
    """
    found: list[Server] = []
    for unit, bag in bags.items():
        role = _role(bag, is_alone=len(bags) == 1)
        if role is None or not all(bag.get(key) for key in _KEYS):
            continue
        if me not in bag.get('allowed-units', '').split():
            continue  # Not yet authorised.
        if database and bag['database'] != database:
            continue  # Our wish is not acknowledged yet.
        found.append(Server(unit, role, *(bag[key] for key in _KEYS)))
    return sorted(found, key=lambda server: (server.role, server.unit))


def _role(bag: Bag, *, is_alone: bool) -> Role | None:
    """Return what a unit is for: a lone ``standalone`` writes, one beside others is not ready.

    ``failover``, and any state that we don't know, must not be used.
    """
    state = bag.get('state')
    if state == 'master' or (state == 'standalone' and is_alone):
        return 'master'
    return 'standby' if state == 'hot standby' else None


def settings(
    servers: Sequence[Server], *, me: str, read_from_standbys: bool
) -> dict[str, dict[str, Any]]:
    """Return Django's ``DATABASES`` for *servers*, as :func:`choose` returned them.

    ``default`` has all of them, and libpq takes the one that accepts writes: a standby that was
    promoted is found before its bag says so. ``standby`` has those to read from.
    """
    if not servers:
        return {}
    first = servers[0]
    # One session has one user: units that (still) name another one are left alone.
    fitting = [
        server
        for server in servers
        if (server.user, server.password, server.database)
        == (first.user, first.password, first.database)
    ]
    found = {'default': _alias(fitting, 'read-write', me)}
    standbys = [server for server in fitting if server.role == 'standby']
    if standbys and read_from_standbys:
        found['standby'] = _alias(standbys, 'any', me)
    return found


def _alias(servers: Sequence[Server], wanted: str, me: str) -> dict[str, Any]:
    return {
        'ENGINE': 'django.db.backends.postgresql',
        'NAME': servers[0].database,
        'USER': servers[0].user,
        'PASSWORD': servers[0].password,
        'HOST': ','.join(server.host for server in servers),
        'PORT': ','.join(server.port for server in servers),
        'CONN_MAX_AGE': 60,
        'CONN_HEALTH_CHECKS': True,
        'OPTIONS': {
            'application_name': me,
            'target_session_attrs': wanted,
            'sslmode': 'require',
            # A unit that is gone without a word costs this, not TCP's quarter of an hour.
            'connect_timeout': 2,
            'tcp_user_timeout': 5000,
            'keepalives_idle': 2,
            'keepalives_interval': 1,
            'keepalives_count': 3,
        },
    }
