"""Roles and databases for clients: a pure plan over the catalogue.

We grant in the name of a role of our own. PostgreSQL notes the grantor, so what we granted can be
told from what people did, and only that is ever taken back.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence

from .. import scram
from . import names, wire

_OVERLAP = 60.0
"""Seconds that a former password is good for at least: its client has to read the new one."""

_DAY = 86400.0


@dataclasses.dataclass(frozen=True)
class Limits:
    """What one client may use, so that it can't starve the others; -1 and 0 mean no limit."""

    connections: int = -1
    statement_seconds: int = 0
    temporary_megabytes: int = 0

    @property
    def settings(self) -> Mapping[str, str]:
        """Settings of the user, as PostgreSQL keeps them."""
        found: dict[str, str] = {}
        if self.statement_seconds:
            found['statement_timeout'] = f'{self.statement_seconds}s'
        if self.temporary_megabytes:
            found['temp_file_limit'] = f'{self.temporary_megabytes}MB'
        return found


@dataclasses.dataclass(frozen=True)
class Terms:
    """What holds for all clients.

    Attributes:
        now: The time, in seconds since 1970.
        limits: Of each that is not a superuser.
        forget_days: After how many days the user of an application that left is dropped; 0:
            never.
    """

    now: float = 0.0
    limits: Limits = Limits()
    forget_days: int = 0


@dataclasses.dataclass(frozen=True)
class User:
    """A client's user as the server has it.

    Attributes:
        locked_at: Since when it may not log in, in seconds since 1970; None while it may.
        connections: How many it may have, -1 for any number.
        settings: Those of its settings that we set.
    """

    can_login: bool
    is_superuser: bool
    verifier: str = dataclasses.field(repr=False)
    locked_at: float | None = None
    connections: int = -1
    settings: Mapping[str, str] = dataclasses.field(default_factory=dict[str, str])


@dataclasses.dataclass(frozen=True)
class Catalogue:
    """What the server has.

    Attributes:
        users: Those of clients, related or not.
        roles: Every role's name.
        unfit: Why a client can't have a role, for each where that is so.
        databases: Every database with its owner.
        members: Every ``(role, member)``.
        granted: Those of them that we granted.
        extensions: What we made in a database, by its owner role.
        available: Extensions that the server's machine has.
        busy: Clients' users who are connected to this server, or to a standby of it.
        logins: When each who is connected to this server came last, in seconds since 1970.
    """

    users: Mapping[str, User]
    roles: frozenset[str]
    unfit: Mapping[str, str]
    databases: Mapping[str, str]
    members: frozenset[tuple[str, str]]
    granted: frozenset[tuple[str, str]]
    extensions: Mapping[str, frozenset[wire.Extension]] = dataclasses.field(
        default_factory=dict[str, frozenset[wire.Extension]]
    )
    available: frozenset[str] = frozenset()
    busy: frozenset[str] = frozenset()
    logins: Mapping[str, float] = dataclasses.field(default_factory=dict[str, float])


NOTHING = Catalogue({}, frozenset(), {}, {}, frozenset(), frozenset())


@dataclasses.dataclass(frozen=True)
class MakeRole:
    """Make a role that can't log in: one asked for, a database's owner, or the grantor."""

    name: str


@dataclasses.dataclass(frozen=True)
class MakeUser:
    """Let a client's user log in with its password, making it where it is missing."""

    name: str
    is_admin: bool
    password: str = dataclasses.field(repr=False)
    limits: Limits = Limits()


@dataclasses.dataclass(frozen=True)
class MakeDatabase:
    """Make a database."""

    name: str
    owner: str


@dataclasses.dataclass(frozen=True)
class Share:
    """Let the owner role's members use a database, and have what they make there in common."""

    database: str
    owner: str
    is_ours: bool


@dataclasses.dataclass(frozen=True)
class MakeExtension:
    """Make an extension in a database, and note it with the database's owner role."""

    database: str
    owner: str
    extension: wire.Extension


@dataclasses.dataclass(frozen=True)
class Grant:
    """Make *member* a member of *role*, in our name."""

    role: str
    member: str


@dataclasses.dataclass(frozen=True)
class Revoke:
    """Take back what we granted."""

    role: str
    member: str


@dataclasses.dataclass(frozen=True)
class LockOut:
    """End a user's sessions; it can't log in any more, and keeps its rights for another day."""

    user: str


@dataclasses.dataclass(frozen=True)
class Forget:
    """Drop a user who was locked out long ago; what it has goes to the databases' owners."""

    user: str


Statement = (
    MakeRole | MakeUser | MakeDatabase | Share | MakeExtension | Grant | Revoke | LockOut | Forget
)


def subject(statement: Statement) -> str:
    """Return the user or the database that *statement* changes, each its own client's."""
    match statement:
        case MakeUser(name) | MakeRole(name) | MakeDatabase(name):
            return name
        case Share(database) | MakeExtension(database):
            return database
        case Grant(_, member) | Revoke(_, member):
            return member
        case LockOut(user) | Forget(user):
            return user


# A member enters no database that isn't shared yet, so granting comes after sharing.
ORDER: Sequence[type] = (
    *(MakeRole, MakeUser, MakeDatabase, Share, MakeExtension),
    *(Grant, Revoke, LockOut, Forget),
)


def checked(clients: Iterable[wire.Client], catalogue: Catalogue) -> tuple[wire.Client, ...]:
    """Return the clients with the faults that only the server shows.

    A client may ask for a role by its name, and so must not come by a superuser's powers.
    """
    return tuple(
        dataclasses.replace(
            client,
            faults=(*client.faults, *_unfit(client, catalogue)),
            refusals=(*client.refusals, *_unavailable(client, catalogue)),
        )
        for client in clients
    )


def plan(
    clients: Iterable[wire.Client],
    catalogue: Catalogue,
    passwords: Mapping[str, str],
    terms: Terms = Terms(),
) -> tuple[Statement, ...]:
    """Return what makes the server serve exactly *clients*; nothing when it does.

    Args:
        clients: Those related now, checked; one with faults is left as it is.
        catalogue: What the server has.
        passwords: By user.
        terms: What holds for all of them.
    """
    clients = tuple(clients)
    families: dict[str, list[wire.Client]] = {}
    for client in clients:
        families.setdefault(client.user, []).append(client)
    todo: dict[Statement, None] = {}
    for user, family in families.items():
        todo.update(dict.fromkeys(_serve(family, catalogue, passwords[user], terms)))
        if all(client.is_usable for client in family):
            todo.update(dict.fromkeys(_take_back(user, family, catalogue)))
    outgoing = retiring(clients, catalogue) - outlived(clients, catalogue, terms.now)
    stay = {*families, *outgoing}
    for name, user in sorted(catalogue.users.items()):
        if name in stay:
            continue
        if user.can_login or user.locked_at is None:
            todo[LockOut(name)] = None
        elif 0 < terms.forget_days * _DAY < terms.now - user.locked_at:
            todo[Forget(name)] = None
    return tuple(sorted(todo, key=lambda statement: ORDER.index(type(statement))))


def is_served(
    client: wire.Client, catalogue: Catalogue, password: str, terms: Terms = Terms()
) -> bool:
    """Tell whether the server has all that *client*, checked, asks, so that it can be told."""
    return client.is_usable and not _serve([client], catalogue, password, terms)


def retiring(clients: Iterable[wire.Client], catalogue: Catalogue) -> frozenset[str]:
    """Return the users whose password was rotated and who may log in still."""
    return frozenset(
        client.former_user
        for client in clients
        if client.former_user in catalogue.users and catalogue.users[client.former_user].can_login
    )


def outlived(clients: Iterable[wire.Client], catalogue: Catalogue, now: float) -> frozenset[str]:
    """Return those of the retiring users whom nobody needs any more.

    Args:
        clients: Those related now.
        catalogue: What the server has.
        now: The time, in seconds since 1970.
    """
    clients = tuple(clients)
    needed = {
        client.former_user
        for client in clients
        if client.former_user in catalogue.busy
        or now - client.rotated_at < _OVERLAP
        # Nobody was told of the new one before it can be used.
        or client.user not in catalogue.users
    }
    return retiring(clients, catalogue) - needed


def _serve(
    family: Sequence[wire.Client], catalogue: Catalogue, password: str, terms: Terms
) -> list[Statement]:
    """Return what the clients of one user lack."""
    todo: list[Statement] = []
    for client in family:
        if not client.is_usable:
            continue
        user, database = client.user, client.database_name
        owner = names.owner(database)
        needed = (names.GRANTOR, owner, *client.role_names)
        todo += [MakeRole(name) for name in needed if name not in catalogue.roles]
        limits = Limits() if client.is_admin else terms.limits
        if not _is_good(catalogue.users.get(user), client, password, limits):
            todo.append(MakeUser(user, client.is_admin, password, limits))
        is_there = database in catalogue.databases
        if not is_there:
            todo.append(MakeDatabase(database, owner))
        if not is_there or (owner, user) not in catalogue.members:
            is_ours = catalogue.databases.get(database, owner) == owner
            todo.append(Share(database, owner, is_ours))
        has = catalogue.extensions.get(owner, frozenset()) if is_there else frozenset()
        refused = bool(client.refusals)
        todo += [
            MakeExtension(database, owner, extension)
            for extension in client.wanted_extensions
            if not refused and extension not in has
        ]
        roles = (owner, *client.role_names, *_inherited(client, catalogue))
        todo += [Grant(role, user) for role in roles if (role, user) not in catalogue.members]
    return todo


def _inherited(client: wire.Client, catalogue: Catalogue) -> tuple[str, ...]:
    """Return the user that a rotated one has its rights from, those by hand included."""
    return (client.former_user,) if client.former_user in catalogue.users else ()


def _is_good(user: User | None, client: wire.Client, password: str, limits: Limits) -> bool:
    return (
        user is not None
        and user.can_login
        and user.locked_at is None
        and (user.is_superuser or not client.is_admin)
        and user.connections == limits.connections
        and user.settings == limits.settings
        and scram.is_verifier_of(user.verifier, password)
    )


def _take_back(
    user: str, family: Iterable[wire.Client], catalogue: Catalogue
) -> Iterable[Statement]:
    """Return what was granted for wishes that are no more."""
    wanted = {
        role
        for client in family
        for role in (
            names.owner(client.database_name),
            *client.role_names,
            *_inherited(client, catalogue),
        )
    }
    for role, member in sorted(catalogue.granted):
        if member == user and role not in wanted:
            yield Revoke(role, member)


def _unfit(client: wire.Client, catalogue: Catalogue) -> list[str]:
    if client.is_admin:
        return []
    return [
        f'role {name!a}: {catalogue.unfit[name]}'
        for name in client.role_names
        if name in catalogue.unfit
    ]


def _unavailable(client: wire.Client, catalogue: Catalogue) -> list[str]:
    return [
        f'extension {extension.name!a}: the machine of the database does not have it'
        for extension in client.wanted_extensions
        if not client.refusals and extension.name not in catalogue.available
    ]
