"""The connections of a client of PostgreSQL: chosen from relation bags, kept in a file.

Nothing here knows Juju's commands: what the database's units say comes in as mappings of strings.

Source: seed, "Interacting with the Postgresql Service" and "For replicated database support".
"""

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

Bag = Mapping[str, str]
Role = Literal['master', 'standby']

_KEYS = ('user', 'host', 'port', 'password')


@dataclasses.dataclass(frozen=True)
class Connection:
    """A database unit that may be used, and how: ``conninfo`` is a libpq string."""

    endpoint: str
    relation: str
    unit: str
    role: Role
    conninfo: str


def choose(
    endpoint: str, relation: str, bags: Mapping[str, Bag], *, me: str, database: str
) -> list[Connection]:
    """Return the connections that one relation offers, the master's first.

    Args:
        endpoint: Our endpoint, ``db`` or ``db-admin``.
        relation: The relation's id, for example ``db:3``.
        bags: What each unit that is related, and is not leaving, says.
        me: This unit's name, looked for in ``allowed-units``.
        database: The database that we asked for; empty if we asked for none.
    """
    found: list[Connection] = []
    for unit, bag in bags.items():
        role = _role(bag, is_alone=len(bags) == 1)
        name = _database(endpoint, bag, database)
        if role is None or name is None or any(not bag.get(key) for key in _KEYS):
            continue
        if me not in bag.get('allowed-units', '').split():
            continue  # Not yet authorised.
        conninfo = _conninfo({'dbname': name, **{key: bag[key] for key in _KEYS}})
        found.append(Connection(endpoint, relation, unit, role, conninfo))
    return sorted(found, key=lambda connection: (connection.role, connection.unit))


def _role(bag: Bag, *, is_alone: bool) -> Role | None:
    """Return what the unit may be used for.

    A ``standalone`` unit beside others is a new one that is not set up yet; ``failover`` and
    states that we don't know must not be used.
    """
    state = bag.get('state')
    if state == 'master' or (state == 'standalone' and is_alone):
        return 'master'
    return 'standby' if state == 'hot standby' else None


def _database(endpoint: str, bag: Bag, wanted: str) -> str | None:
    """Return the database to connect to, or None while our wish is not acknowledged.

    Over ``db-admin`` the seed promises no key ``database``, and its own code wrote ``all``: a
    superuser may connect to any, so the wish is enough, else the one that is always there.
    """
    named = bag.get('database')
    if endpoint == 'db-admin':
        return wanted or (named if named and named != 'all' else 'postgres')
    return named if named and wanted in ('', named) else None


def _conninfo(values: Bag) -> str:
    """Write libpq's ``key=value`` form; a value is quoted where it has to be.

    Source: PostgreSQL manual, "Connection Strings", "Keyword/Value Connection Strings".
    """

    def quoted(value: str) -> str:
        if not any(character in value for character in " \t\n\r\f\v'\\"):
            return value
        return "'" + value.replace('\\', '\\\\').replace("'", "\\'") + "'"

    return ' '.join(f'{key}={quoted(value)}' for key, value in values.items())


def pick(
    connections: Sequence[Connection], role: Role, endpoint: str | None = None
) -> Connection | None:
    """Return the first connection of that role, ``db`` before ``db-admin``."""
    fitting = (
        connection
        for connection in connections
        if connection.role == role and endpoint in (None, connection.endpoint)
    )
    return min(fitting, key=lambda connection: connection.endpoint, default=None)


def summary(connections: Sequence[Connection]) -> str:
    """Say in a few words what there is, or return an empty string while there is no master."""
    master = pick(connections, 'master')
    if master is None:
        return ''
    standbys = sum(
        connection.role == 'standby' and connection.relation == master.relation
        for connection in connections
    )
    plural = 's' if standbys > 1 else ''
    return f'master {master.unit}' + (f', {standbys} standby{plural}' if standbys else '')


def save(path: Path, connections: Sequence[Connection]) -> None:
    """Write the list, for the owner's eyes only; a reader sees the old one or the new one."""
    beside = path.with_name(f'{path.name}.new')
    beside.unlink(missing_ok=True)
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, 'w') as file:
        json.dump([dataclasses.asdict(connection) for connection in connections], file, indent=2)
    beside.replace(path)


def load(path: Path) -> list[Connection]:
    """Read what ``save`` wrote; no file is no connections."""
    try:
        text = path.read_text()
    except FileNotFoundError:
        return []
    return [Connection(**item) for item in json.loads(text)]
