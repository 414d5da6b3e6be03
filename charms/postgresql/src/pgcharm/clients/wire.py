"""What clients ask and what they are told: every key of ``db`` and ``db-admin``.

A bag is published whole or not at all: clients of the reactive era drop all their databases when
they see half of one. Source: the seed, "During db-relation-joined" and "-changed".
"""

from __future__ import annotations

import dataclasses
import ipaddress
from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

from . import names

ADMIN = 'db-admin'
ENDPOINTS = ('db', ADMIN)
JUJUS = frozenset(('egress-subnets', 'ingress-address', 'private-address'))
"""The keys that Juju itself puts into a unit's bag."""

_SHARED = (
    *('database', 'roles', 'allowed-subnets', 'allowed-units'),
    *('master', 'standbys', 'version', 'tls-ca'),
)


@dataclasses.dataclass(frozen=True)
class Client:
    """One related application as it asks now.

    Attributes:
        relation: The relation's id.
        database: The name that it asks for, '' for one of its own.
        roles: As it wrote them, comma separated.
        units: Networks that each of its units comes from.
        published: What this unit's own bag in the relation says.
        shared: What our application's bag says; empty when this unit doesn't lead.
        faults: Why it can't have what it asks for, for the log.
        ignored: What of its bags is left out, for the log.
    """

    relation: int
    endpoint: str
    application: str
    database: str
    roles: str
    units: Mapping[str, tuple[str, ...]]
    published: Mapping[str, str] = dataclasses.field(default_factory=dict[str, str])
    shared: Mapping[str, str] = dataclasses.field(default_factory=dict[str, str])
    faults: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()

    @property
    def is_admin(self) -> bool:
        """Whether it is to be a superuser."""
        return self.endpoint == ADMIN

    @property
    def user(self) -> str:
        """Its database user."""
        return names.user(self.application, admin=self.is_admin)

    @property
    def database_name(self) -> str:
        """The database that it gets."""
        return self.database or self.application

    @property
    def role_names(self) -> tuple[str, ...]:
        """The roles that it asks for, one by one."""
        return tuple(dict.fromkeys(filter(None, (name.strip() for name in self.roles.split(',')))))

    @property
    def is_usable(self) -> bool:
        """Whether all that it asks can be done; else it is told nothing."""
        return not self.faults


def read(
    relation: int,
    endpoint: str,
    application: str,
    asked: Mapping[str, str],
    units: Mapping[str, Mapping[str, str]],
    published: Mapping[str, str],
    shared: Mapping[str, str],
) -> Client:
    """Return a client as its bags say.

    Args:
        asked: Its application's bag: protocol v2 asks there.
        units: Its units' bags: the seed asks there; the first that asks speaks for all, because
            they change their minds one after the other.
        published: Our own unit's bag.
        shared: Our application's bag, empty when this unit doesn't lead.
    """
    bags = (asked, *(units[unit] for unit in sorted(units, key=_number)))
    request = {
        key: next((bag[key] for bag in bags if bag.get(key)), '')
        for key in ('database', 'roles', 'extensions')
    }
    origins = {unit: origin(bag) for unit, bag in units.items()}
    ignored = [f'{unit}: {reason}' for unit, found in origins.items() for reason in found.ignored]
    if request['extensions'].strip():
        ignored.append('extensions: an operator makes them, with CREATE EXTENSION')
    client = Client(
        relation,
        endpoint,
        application,
        request['database'],
        request['roles'],
        {unit: found.networks for unit, found in origins.items()},
        published,
        shared,
        ignored=tuple(ignored),
    )
    wishes = [('database', client.database_name, names.database_fault(client.database_name))]
    wishes += [('role', name, names.role_fault(name)) for name in client.role_names]
    faults = (f'{noun} {name[:80]!a}: {reason}' for noun, name, reason in wishes if reason)
    return dataclasses.replace(client, faults=tuple(faults))


@dataclasses.dataclass(frozen=True)
class Origin:
    """Where a client unit's connections come from, and what of its bag is no use for that."""

    networks: tuple[str, ...]
    ignored: tuple[str, ...] = ()


def origin(bag: Mapping[str, str]) -> Origin:
    """Return the networks that a client unit's connections come from.

    The first of ``egress-subnets``, ``ingress-address`` and ``private-address`` that has a usable
    one decides. A unit can write there what it likes, also that it comes from everywhere.
    """
    ignored: list[str] = []
    for key in ('egress-subnets', 'ingress-address', 'private-address'):
        found: list[str] = []
        for word in filter(None, (word.strip() for word in bag.get(key, '').split(','))):
            try:
                found.append(str(_network(word)))
            except ValueError as error:
                ignored.append(f'{key} {word[:80]!a}: {error}')
        if found:
            return Origin(tuple(dict.fromkeys(found)), tuple(ignored))
    return Origin((), tuple(ignored))


def _network(word: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    # A scope is free text, line breaks included, which has no place in pg_hba.conf.
    if '%' in word:
        raise ValueError('an address with a scope')
    try:
        network = ipaddress.ip_network(word)
    except ValueError:
        raise ValueError('not an address or network') from None
    if network.prefixlen == 0:
        raise ValueError('everybody')
    return network


def _number(unit: str) -> tuple[str, int]:
    application, _, number = unit.rpartition('/')
    return application, int(number)


State = Literal['standalone', 'master', 'hot standby', 'failover']


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


JOINING: Mapping[str, str] = MappingProxyType({'state': 'standalone'})
"""The bag of a unit that is not set up yet: clients of several units ignore it."""


def render(client: Client, server: Server, password: str) -> dict[str, str]:
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
            sorted((unit for unit, own in client.units.items() if own), key=_number)
        ),
        'allowed-subnets': ','.join(sorted({net for own in client.units.values() for net in own})),
    }
    if not client.is_admin:
        bag |= {'schema_user': client.user, 'schema_password': password}
    if client.roles:
        bag['roles'] = client.roles
    is_master = server.state in ('standalone', 'master')
    master = Place(server.host, server.port) if is_master else server.master
    if master is not None:
        bag['master'] = _conninfo(bag, master)
    if server.standbys:
        # One per line: a list with commas is one broken string to the old client libraries.
        bag['standbys'] = '\n'.join(_conninfo(bag, place) for place in server.standbys)
    return bag


def render_shared(bag: Mapping[str, str]) -> dict[str, str]:
    """Return our application's bag, protocol v2, from the primary's own bag."""
    return {key: bag[key] for key in _SHARED if key in bag}


def _conninfo(bag: Mapping[str, str], place: Place) -> str:
    """Return a libpq connection string, keys sorted. Source: manual, "Connection Strings"."""
    parts = {
        'dbname': bag['database'],
        'host': place.host,
        'password': bag['password'],
        'port': str(place.port),
        'user': bag['user'],
    }
    return ' '.join(f'{key}={_quoted(value)}' for key, value in parts.items())


def _quoted(value: str) -> str:
    if value and not any(char in value for char in " '\\"):
        return value
    escaped = value.replace('\\', '\\\\').replace("'", "\\'")
    return f"'{escaped}'"
