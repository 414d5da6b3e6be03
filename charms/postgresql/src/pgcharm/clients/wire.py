"""What clients ask and what they are told: every key of ``db`` and ``db-admin``.

A bag is published whole or not at all: clients of the reactive era drop all their databases when
they see half of one. Source: the seed, "During db-relation-joined" and "-changed".
"""

from __future__ import annotations

import dataclasses
import ipaddress
from collections.abc import Mapping

from . import names

ADMIN = 'db-admin'
ENDPOINTS = ('db', ADMIN)


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
        faults: What of it can't be used, for the log.
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
        units: Its units' bags: the seed asks there; the first that asks speaks for all.
        published: Our own unit's bag.
        shared: Our application's bag, empty when this unit doesn't lead.
    """
    request = {
        key: asked.get(key)
        or next((bag[key] for _, bag in sorted(units.items()) if bag.get(key)), '')
        for key in ('database', 'roles')
    }
    admitted: dict[str, tuple[str, ...]] = {}
    for unit, bag in units.items():
        try:
            admitted[unit] = networks(bag)
        except ValueError:
            admitted[unit] = ()  # not among the allowed: it comes from nowhere that we know
    client = Client(
        relation,
        endpoint,
        application,
        request['database'],
        request['roles'],
        admitted,
        published,
        shared,
    )
    unusable = [
        f'database "{client.database_name[:80]}": {reason}'
        for reason in [names.database_fault(client.database_name)]
        if reason
    ]
    unusable += [
        f'role "{name[:80]}": {reason}'
        for name in client.role_names
        if (reason := names.role_fault(name))
    ]
    return dataclasses.replace(client, faults=tuple(unusable))


def networks(bag: Mapping[str, str]) -> tuple[str, ...]:
    """Return the networks that a client unit's connections come from.

    Raises:
        ValueError: If what it says are no networks, or it wants everybody let in.
    """
    text = (
        bag.get('egress-subnets') or bag.get('ingress-address') or bag.get('private-address', '')
    )
    found: list[str] = []
    for word in text.split(','):
        if not word.strip():
            continue
        # A scope is free text, line breaks included, which has no place in pg_hba.conf.
        if '%' in word:
            raise ValueError(f'{word!a} has a scope')
        network = ipaddress.ip_network(word.strip())
        if network.prefixlen == 0:
            raise ValueError(f'{network} is everybody')
        found.append(str(network))
    return tuple(found)


@dataclasses.dataclass(frozen=True)
class Server:
    """This unit as clients need to know it."""

    host: str
    port: int
    state: str
    version: str
    ca: str


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
        'allowed-units': ' '.join(sorted(unit for unit, own in client.units.items() if own)),
        'allowed-subnets': ','.join(sorted({net for own in client.units.values() for net in own})),
    }
    if not client.is_admin:
        bag |= {'schema_user': client.user, 'schema_password': password}
    if client.roles:
        bag['roles'] = client.roles
    if server.state in ('standalone', 'master'):
        bag['master'] = conninfo(bag)
    return bag


def render_shared(bag: Mapping[str, str]) -> dict[str, str]:
    """Return our application's bag, protocol v2, from the primary's own bag."""
    keys = ('database', 'roles', 'allowed-subnets', 'allowed-units', 'master', 'version', 'tls-ca')
    return {key: bag[key] for key in keys if key in bag}


def conninfo(bag: Mapping[str, str]) -> str:
    """Return a libpq connection string, keys sorted. Source: PostgreSQL manual, 34.1.1."""
    keys = {
        'dbname': 'database',
        'host': 'host',
        'password': 'password',
        'port': 'port',
        'user': 'user',
    }
    return ' '.join(f'{key}={_quoted(bag[name])}' for key, name in keys.items())


def _quoted(value: str) -> str:
    if value and not any(char in value for char in " '\\"):
        return value
    escaped = value.replace('\\', '\\\\').replace("'", "\\'")
    return f"'{escaped}'"
