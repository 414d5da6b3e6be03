"""What clients ask over ``db`` and ``db-admin``, checked at the door.

Source: the seed, "During db-relation-joined"; protocol v2 asks the same in the application's bag.
"""

from __future__ import annotations

import dataclasses
import ipaddress
from collections.abc import Mapping

from . import names

ADMIN = 'db-admin'
ENDPOINTS = ('db', ADMIN)
JUJUS = frozenset(('egress-subnets', 'ingress-address', 'private-address'))
"""The keys that Juju itself puts into a unit's bag."""

_WISHES = ('database', 'roles', 'extensions')
_LONGEST = 8192
_MOST_ROLES = 100
_MOST_NETWORKS = 32
_WIDEST = 8  # two halves are everybody, too


@dataclasses.dataclass(frozen=True)
class Policy:
    """What the operator allows, and which password each client has come to.

    Attributes:
        allow_admin: Whether ``db-admin`` is served.
        extensions: Those that a client may ask for.
        generations: By the user's first name: how often it got a password, and when it got the
            last one, in seconds since 1970.
    """

    allow_admin: bool = True
    extensions: frozenset[str] = frozenset()
    generations: Mapping[str, tuple[int, float]] = dataclasses.field(
        default_factory=dict[str, tuple[int, float]]
    )


@dataclasses.dataclass(frozen=True)
class Extension:
    """An extension, and the schema that its objects shall be in."""

    name: str
    schema: str = 'public'


@dataclasses.dataclass(frozen=True)
class Client:
    """One related application as it asks now.

    Attributes:
        relation: The relation's id.
        database: The name that it asks for, '' for one of its own.
        roles: As it wrote them, comma separated.
        extensions: As it wrote them, comma separated.
        units: Networks that each of its units comes from.
        told: Digest of what this unit's own bag in the relation says; '' when that is not known.
        told_shared: The same of our application's bag; '' also when this unit doesn't lead.
        left: Networks that no unit of it comes from any more, since the hook before.
        faults: Why it can't have what it asks for; then it gets nothing.
        refusals: What it doesn't get, though it gets the rest.
        ignored: What of its bags is left out, for the log.
        generation: How often its user got a password.
        rotated_at: When it got the last one, in seconds since 1970.
        is_forbidden: Whether the operator forbids clients of its kind.
        protocol: Where it asks: ``v2`` in its application's bag, ``v0/v1`` in its units', ``-``
            nowhere.
    """

    relation: int
    endpoint: str
    application: str
    database: str
    roles: str
    units: Mapping[str, tuple[str, ...]]
    extensions: str = ''
    told: str = ''
    told_shared: str = ''
    left: tuple[str, ...] = ()
    faults: tuple[str, ...] = ()
    refusals: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()
    generation: int = 1
    rotated_at: float = 0.0
    is_forbidden: bool = False
    protocol: str = '-'

    @property
    def name(self) -> str:
        """The relation as an operator knows it, ``db:3``."""
        return f'{self.endpoint}:{self.relation}'

    @property
    def is_admin(self) -> bool:
        """Whether it is to be a superuser."""
        return self.endpoint == ADMIN

    @property
    def user(self) -> str:
        """Its database user."""
        return names.user(self.application, admin=self.is_admin, generation=self.generation)

    @property
    def former_user(self) -> str:
        """The user that it had before its password was rotated; '' when it never was."""
        if self.generation == 1:
            return ''
        former = self.generation - 1
        return names.user(self.application, admin=self.is_admin, generation=former)

    @property
    def database_name(self) -> str:
        """The database that it gets."""
        return self.database or names.own_database(self.application)

    @property
    def role_names(self) -> tuple[str, ...]:
        """The roles that it asks for, one by one."""
        return _words(self.roles)

    @property
    def wanted_extensions(self) -> tuple[Extension, ...]:
        """The extensions that it asks for, in its order."""
        return tuple(_extension(word) for word in _words(self.extensions))

    @property
    def networks(self) -> frozenset[str]:
        """All networks that its units come from."""
        return frozenset(network for own in self.units.values() for network in own)

    @property
    def is_usable(self) -> bool:
        """Whether all that it can't do without can be done; else it is told why not."""
        return not self.faults


def read(
    relation: int,
    endpoint: str,
    application: str,
    asked: Mapping[str, str],
    units: Mapping[str, Mapping[str, str]],
) -> Client:
    """Return a client as its bags say.

    Args:
        relation: The relation's id.
        endpoint: ``db`` or ``db-admin``.
        application: The remote application.
        asked: Its application's bag: protocol v2 asks there.
        units: Its units' bags: the seed asks there; the first that asks speaks for all, because
            they change their minds one after the other.
    """
    bags = (asked, *(units[unit] for unit in sorted(units, key=number)))
    # A longer wish is nonsense, and stays too long without being kept as a whole.
    request = {
        key: next((bag[key] for bag in bags if bag.get(key)), '')[: _LONGEST + 1]
        for key in _WISHES
    }
    protocol = '-'
    if any(asked.get(key) for key in _WISHES):
        protocol = 'v2'
    elif any(request.values()):
        protocol = 'v0/v1'
    origins = {unit: origin(bag) for unit, bag in units.items()}
    return Client(
        relation,
        endpoint,
        application,
        request['database'],
        request['roles'],
        {unit: found.networks for unit, found in origins.items()},
        request['extensions'],
        ignored=tuple(
            f'{unit}: {reason}' for unit, found in origins.items() for reason in found.ignored
        ),
        protocol=protocol,
    )


def judge(client: Client, policy: Policy) -> Client:
    """Return the client with all that is wrong with its wishes, and its present password."""
    faults = [
        f'{noun} {name[:60]!a}: {reason}'
        for noun, name, reason in (
            ('database', client.database_name, names.database_fault(client.database_name)),
            *(('role', name, names.role_fault(name)) for name in client.role_names[:_MOST_ROLES]),
        )
        if reason
    ]
    if len(client.roles) > _LONGEST or len(client.role_names) > _MOST_ROLES:
        faults.append(f'roles: more than {_MOST_ROLES} of them')
    is_forbidden = client.is_admin and not policy.allow_admin
    if is_forbidden:
        faults.insert(0, 'option "allow-db-admin" is false')
    refusals = [f'extension {name[:60]!a}: {why}' for name, why in _refused(client, policy)]
    first = names.user(client.application, admin=client.is_admin)
    generation, rotated_at = policy.generations.get(first, (1, 0.0))
    return dataclasses.replace(
        client,
        faults=tuple(faults),
        refusals=tuple(refusals),
        generation=generation,
        rotated_at=rotated_at,
        is_forbidden=is_forbidden,
    )


def _refused(client: Client, policy: Policy) -> list[tuple[str, str]]:
    if len(client.extensions) > _LONGEST:
        return [(client.extensions, 'the list is too long')]
    found: list[tuple[str, str]] = []
    for extension in client.wanted_extensions:
        if extension.name not in policy.extensions:
            found.append((extension.name, 'option "allowed-extensions" does not have it'))
        elif reason := names.schema_fault(extension.schema):
            found.append((extension.name, f'schema {extension.schema[:60]!a}: {reason}'))
    return found


def _words(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(filter(None, (word.strip() for word in text.split(',')))))


def _extension(word: str) -> Extension:
    """Read ``name``, ``name(schema)`` as it was until protocol v1, or ``name:schema``."""
    name, separator, schema = word.removesuffix(')').replace('(', ':', 1).partition(':')
    return Extension(name.strip(), schema.strip()) if separator else Extension(word)


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
        for word in _words(bag.get(key, '')[:_LONGEST]):
            try:
                found.append(str(_network(word)))
            except ValueError as error:
                ignored.append(f'{key} {word[:80]!a}: {error}')
        if len(found) > _MOST_NETWORKS:
            ignored.append(f'{key}: more than {_MOST_NETWORKS} networks')
        if found:
            return Origin(tuple(dict.fromkeys(found[:_MOST_NETWORKS])), tuple(ignored[:8]))
    return Origin((), tuple(ignored[:8]))


def _network(word: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    # A scope is free text, line breaks included, which has no place in pg_hba.conf.
    if '%' in word:
        raise ValueError('an address with a scope')
    try:
        network = ipaddress.ip_network(word)
    except ValueError:
        raise ValueError('not an address or network') from None
    if network.prefixlen < _WIDEST:
        raise ValueError(f'everybody: wider than /{_WIDEST}')
    return network


def number(unit: str) -> tuple[str, int]:
    """Return what units are sorted by: ``app/2`` comes before ``app/10``."""
    application, _, last = unit.rpartition('/')
    return application, int(last)
