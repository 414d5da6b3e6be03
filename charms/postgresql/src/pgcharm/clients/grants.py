"""Roles and databases for clients: a pure plan over the catalogue, then SQL.

We grant in the name of a role of our own. PostgreSQL notes the grantor, so what we granted can be
told from what people did, and only that is ever taken back.
"""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from .. import scram
from . import names, sharing, wire

if TYPE_CHECKING:
    from psycopg import Connection, sql


@dataclasses.dataclass(frozen=True)
class User:
    """A client's user as the server has it."""

    can_login: bool
    is_superuser: bool
    verifier: str = dataclasses.field(repr=False)


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
    """

    users: Mapping[str, User]
    roles: frozenset[str]
    unfit: Mapping[str, str]
    databases: Mapping[str, str]
    members: frozenset[tuple[str, str]]
    granted: frozenset[tuple[str, str]]


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


Statement = MakeRole | MakeUser | MakeDatabase | Share | Grant | Revoke | LockOut


def checked(clients: Iterable[wire.Client], catalogue: Catalogue) -> tuple[wire.Client, ...]:
    """Return the clients with the faults that only the server's roles show.

    A client may ask for a role by its name, and so must not come by a superuser's powers.
    """
    return tuple(
        dataclasses.replace(client, faults=(*client.faults, *_refusals(client, catalogue)))
        for client in clients
    )


def plan(
    clients: Iterable[wire.Client], catalogue: Catalogue, passwords: Mapping[str, str]
) -> tuple[Statement, ...]:
    """Return what makes the server serve exactly *clients*; nothing when it does.

    Args:
        clients: Those related now; one with faults is left as it is.
        catalogue: What the server has.
        passwords: By user.
    """
    families: dict[str, list[wire.Client]] = {}
    for client in checked(clients, catalogue):
        families.setdefault(client.user, []).append(client)
    todo: dict[Statement, None] = {}
    for user, family in families.items():
        todo.update(dict.fromkeys(_serve(family, catalogue, passwords[user])))
        if all(client.is_usable for client in family):
            todo.update(dict.fromkeys(_take_back(user, family, catalogue)))
    for name, user in sorted(catalogue.users.items()):
        if name not in families and user.can_login:
            todo[LockOut(name)] = None
    return tuple(todo)


def is_served(client: wire.Client, catalogue: Catalogue, password: str) -> bool:
    """Tell whether the server has all that *client* asks, so that it can be told."""
    (client,) = checked([client], catalogue)
    return client.is_usable and not _serve([client], catalogue, password)


def _serve(family: Sequence[wire.Client], catalogue: Catalogue, password: str) -> list[Statement]:
    """Return what the clients of one user lack."""
    todo: list[Statement] = []
    for client in family:
        if not client.is_usable:
            continue
        user, database = client.user, client.database_name
        owner = names.owner(database)
        needed = (names.GRANTOR, owner, *client.role_names)
        todo += [MakeRole(name) for name in needed if name not in catalogue.roles]
        if not _is_good(catalogue.users.get(user), client, password):
            todo.append(MakeUser(user, client.is_admin, password))
        if database not in catalogue.databases:
            todo.append(MakeDatabase(database, owner))
        if (owner, user) not in catalogue.members:
            # In this order: a member enters no database that isn't shared yet.
            is_ours = catalogue.databases.get(database, owner) == owner
            todo += [Share(database, owner, is_ours), Grant(owner, user)]
        todo += [
            Grant(role, user)
            for role in client.role_names
            if (role, user) not in catalogue.members
        ]
    return todo


def _is_good(user: User | None, client: wire.Client, password: str) -> bool:
    return (
        user is not None
        and user.can_login
        and (user.is_superuser or not client.is_admin)
        and scram.is_verifier_of(user.verifier, password)
    )


def _take_back(
    user: str, family: Iterable[wire.Client], catalogue: Catalogue
) -> Iterable[Statement]:
    """Return what was granted for wishes that are no more."""
    wanted = {
        role
        for client in family
        for role in (names.owner(client.database_name), *client.role_names)
    }
    for role, member in sorted(catalogue.granted):
        if member == user and role not in wanted:
            yield Revoke(role, member)


def _refusals(client: wire.Client, catalogue: Catalogue) -> list[str]:
    if client.is_admin:
        return []
    return [
        f'role "{name}": {catalogue.unfit[name]}'
        for name in client.role_names
        if name in catalogue.unfit
    ]


_READ_ROLES = """
WITH RECURSIVE reached (role, power) AS (
    SELECT oid, oid FROM pg_authid
    UNION
    SELECT reached.role, granted.roleid
    FROM reached JOIN pg_auth_members AS granted ON granted.member = reached.power
)
SELECT role.rolname, role.rolcanlogin, role.rolsuper, coalesce(role.rolpassword, ''),
    bool_or(power.rolsuper OR power.rolcreaterole OR power.rolreplication OR power.rolbypassrls
        OR power.rolname IN ('pg_execute_server_program', 'pg_read_server_files',
            'pg_write_server_files'))
FROM reached
JOIN pg_authid AS role ON role.oid = reached.role
JOIN pg_authid AS power ON power.oid = reached.power
GROUP BY role.oid
"""


def read(connection: Connection[Any]) -> Catalogue:
    """Return what the server has."""
    users: dict[str, User] = {}
    unfit: dict[str, str] = {}
    roles: set[str] = set()
    for name, can_login, is_superuser, verifier, is_powerful in connection.execute(_READ_ROLES):
        roles.add(name)
        if names.is_user(name):
            users[name] = User(can_login, is_superuser, verifier)
        if is_powerful:
            unfit[name] = 'it has powers that belong to operators; ask on db-admin'
        elif can_login:
            unfit[name] = 'it can log in, so it is somebody; ask for a group'
    databases = connection.execute('SELECT datname, pg_get_userbyid(datdba) FROM pg_database')
    grants = connection.execute(
        'SELECT pg_get_userbyid(roleid), pg_get_userbyid(member), pg_get_userbyid(grantor)'
        ' FROM pg_auth_members'
    ).fetchall()
    return Catalogue(
        users,
        frozenset(roles),
        unfit,
        dict(databases.fetchall()),
        frozenset((role, member) for role, member, _ in grants),
        frozenset((role, member) for role, member, by in grants if by == names.GRANTOR),
    )


Enter = Callable[[str], 'contextlib.AbstractContextManager[Connection[Any]]']
"""Gives a superuser's connection to the database of that name."""


def apply_all(
    statements: Iterable[Statement], connection: Connection[Any], enter: Enter
) -> tuple[str, ...]:
    """Do *statements*; one that fails stops no other.

    Returns:
        What failed, a line each: a client's odd wish must not stop the service of the others.

    Raises:
        psycopg.OperationalError: If the server went away.
    """
    import psycopg

    failed: list[str] = []
    for statement in statements:
        try:
            apply(statement, connection, enter)
        except psycopg.Error as error:
            if connection.closed:
                raise
            failed.append(f'cannot do {statement}: {str(error).splitlines()[0]}')
    return tuple(failed)


def apply(statement: Statement, connection: Connection[Any], enter: Enter) -> None:
    """Do *statement*.

    Args:
        statement: What to do.
        connection: To the database ``postgres``, in autocommit mode.
        enter: The way into the others.
    """
    from psycopg import sql

    def run(text: sql.SQL, *parts: str) -> None:
        connection.execute(text.format(*map(sql.Identifier, parts)))

    match statement:
        case MakeRole(name):
            run(sql.SQL('CREATE ROLE {} NOLOGIN'), name)
        case MakeUser():
            _make_user(statement, connection)
        case MakeDatabase(name, owner):
            run(sql.SQL('CREATE DATABASE {} OWNER {}'), name, owner)
        case Share(database, owner, is_ours):
            with enter(database) as inside:
                sharing.share(inside, database, owner, is_ours=is_ours)
        case Grant(role, member):
            # From PostgreSQL 16 on, only who may pass a role on can be its grantor.
            run(sql.SQL('GRANT {} TO {} WITH ADMIN OPTION'), role, names.GRANTOR)
            run(sql.SQL('GRANT {} TO {} GRANTED BY {}'), role, member, names.GRANTOR)
        case Revoke(role, member):
            run(sql.SQL('REVOKE {} FROM {} GRANTED BY {}'), role, member, names.GRANTOR)
        case LockOut(user):
            run(sql.SQL('ALTER ROLE {} NOLOGIN'), user)
            connection.execute(
                'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = %s', [user]
            )


def _make_user(statement: MakeUser, connection: Connection[Any]) -> None:
    from psycopg import sql

    found = connection.execute('SELECT FROM pg_roles WHERE rolname = %s', [statement.name])
    connection.execute(
        sql.SQL('{} ROLE {} LOGIN {} PASSWORD {}').format(
            sql.SQL('ALTER' if found.rowcount else 'CREATE'),
            sql.Identifier(statement.name),
            sql.SQL('SUPERUSER' if statement.is_admin else ''),
            sql.Literal(scram.verifier(statement.password)),
        )
    )
