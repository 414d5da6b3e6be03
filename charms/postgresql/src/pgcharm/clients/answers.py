"""What clients are told: every key of ``db`` and ``db-admin``, for clients of every age.

A bag is published whole or not at all: clients of the reactive era drop all their databases when
they see half of one. Source: the seed, "During db-relation-changed"; protocol v1 added ``master``
and ``standbys``, v2 the application's bag.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

from . import wire

State = Literal['standalone', 'master', 'hot standby', 'failover']

_SHARED = (
    *('database', 'roles', 'extensions', 'allowed-subnets', 'allowed-units'),
    *('standbys', 'version', 'tls-ca', 'refused'),
)

KEYS = frozenset((*_SHARED, 'host', 'port', 'user', 'password', 'state', 'master')) | {
    *('schema_user', 'schema_password'),
}
"""Every key that we ever write."""


@dataclasses.dataclass(frozen=True)
class Place:
    """Where a unit's PostgreSQL listens for clients."""

    host: str
    port: int


@dataclasses.dataclass(frozen=True)
class Server:
    """This unit as clients need to know it, and where the others are.

    Attributes:
        ca: The authority that signed the servers' certificates.
        master: The unit that takes writes, where that is another one.
        standbys: All that can be read from.
    """

    host: str
    port: int
    state: State
    version: str
    ca: str
    master: Place | None = None
    standbys: tuple[Place, ...] = ()

    @property
    def place(self) -> Place:
        """Where this unit listens."""
        return Place(self.host, self.port)

    @property
    def writable(self) -> Place | None:
        """Where the unit that takes writes listens; None while one is elected."""
        return self.place if self.state in ('standalone', 'master') else self.master


JOINING: Mapping[str, str] = MappingProxyType({'state': 'standalone'})
"""The bag of a unit that is not set up yet: clients of several units ignore it."""


def render(client: wire.Client, server: Server, password: str) -> dict[str, str]:
    """Return the unit's whole bag for *client*: what it asked is echoed byte for byte."""
    bag = {
        'host': server.host,
        'port': str(server.port),
        'database': client.database_name,
        'user': client.user,
        'password': password,
        'state': server.state,
        'version': server.version,
        'tls-ca': server.ca,
        'allowed-units': ' '.join(
            sorted((unit for unit, own in client.units.items() if own), key=wire.number)
        ),
        'allowed-subnets': ','.join(sorted(client.networks)),
    }
    if not client.is_admin:
        bag |= {'schema_user': client.user, 'schema_password': password}
    if client.roles:
        bag['roles'] = client.roles
    if client.extensions and not client.refusals:
        bag['extensions'] = client.extensions
    if client.refusals:
        bag['refused'] = '; '.join(client.refusals)
    if server.writable is not None:
        bag['master'] = _conninfo(bag, (server.writable,))
    if server.standbys:
        # One per line: a list with commas is one broken string to the old client libraries.
        bag['standbys'] = '\n'.join(_conninfo(bag, (place,)) for place in server.standbys)
    return bag


def render_shared(bag: Mapping[str, str], server: Server) -> dict[str, str]:
    """Return our application's bag, protocol v2.

    Only the leader can write it, and the lease of a lost leader lasts a minute: so it names all
    units, and the client's library finds the one that takes writes (libpq's
    ``target_session_attrs``, PostgreSQL manual, "Specifying Multiple Hosts").

    Args:
        bag: This unit's own.
        server: This unit, primary or not.
    """
    first = () if server.writable is None else (server.writable,)
    shared = {key: bag[key] for key in _SHARED if key in bag}
    places = tuple(dict.fromkeys((*first, *server.standbys, server.place)))
    return {**shared, 'master': _conninfo(bag, places)}


def refuse(client: wire.Client, server: Server) -> dict[str, str]:
    """Return the bag for a client that gets nothing: why, and no key that it could use."""
    return {'state': server.state, 'refused': '; '.join((*client.faults, *client.refusals))}


def digest(bag: Mapping[str, str]) -> str:
    """Return a digest of what *bag* says, without what Juju put there."""
    own = {key: value for key, value in bag.items() if key not in wire.JUJUS}
    return hashlib.sha256(json.dumps(own, sort_keys=True).encode()).hexdigest()[:32]


def told(
    client: wire.Client, own: Mapping[str, str] | None, shared: Mapping[str, str] | None
) -> wire.Client:
    """Return *client* as it is once our bags say that; None leaves a bag as it is."""
    return dataclasses.replace(
        client,
        told=client.told if own is None else digest(own),
        told_shared=client.told_shared if shared is None else digest(shared),
    )


def _conninfo(bag: Mapping[str, str], places: tuple[Place, ...]) -> str:
    """Return a libpq connection string, keys sorted. Source: manual, "Connection Strings"."""
    parts = {
        'dbname': bag['database'],
        'host': ','.join(place.host for place in places),
        'password': bag['password'],
        'port': ','.join(str(place.port) for place in places),
        **({'target_session_attrs': 'read-write'} if len(places) > 1 else {}),
        'user': bag['user'],
    }
    return ' '.join(f'{key}={_quoted(value)}' for key, value in parts.items())


def _quoted(value: str) -> str:
    if value and not any(char in value for char in " '\\"):
        return value
    escaped = value.replace('\\', '\\\\').replace("'", "\\'")
    return f"'{escaped}'"
