"""Roles and databases for clients: a pure plan over the catalogue, then SQL.

What we granted is remembered in the comment on the client's role, which is replicated and
survives us; grants made by hand are never taken back.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from . import names, wire

if TYPE_CHECKING:
    from psycopg import Connection, sql

_MARK = 'charm-client'


@dataclasses.dataclass(frozen=True)
class Role:
    """A role of ours as the server has it: whether it may log in, and what we granted it."""

    can_login: bool
    granted: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True)
class Catalogue:
    """What the server has.

    Attributes:
        clients: Roles that carry our mark.
        roles: Every role's name.
        databases: Every database with its owner.
        members: Every ``(role, member)``.
    """

    clients: Mapping[str, Role]
    roles: frozenset[str]
    databases: Mapping[str, str]
    members: frozenset[tuple[str, str]]


NOTHING = Catalogue({}, frozenset(), {}, frozenset())


@dataclasses.dataclass(frozen=True)
class MakeRole:
    """Make a role that can't log in: one asked for, or a database's owner."""

    name: str


@dataclasses.dataclass(frozen=True)
class MakeClient:
    """Let a client's user log in with its password, making it where it is missing."""

    user: str
    admin: bool
    password: str = dataclasses.field(repr=False)
    granted: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True)
class MakeDatabase:
    """Make a database that only its owner's members can enter."""

    name: str
    owner: str


@dataclasses.dataclass(frozen=True)
class Grant:
    """Make *member* a member of *role*."""

    role: str
    member: str


@dataclasses.dataclass(frozen=True)
class Revoke:
    """Take back what we granted."""

    role: str
    member: str


@dataclasses.dataclass(frozen=True)
class Share:
    """Give what *user* makes in *database* to all who share it."""

    database: str
    user: str
    owner: str


@dataclasses.dataclass(frozen=True)
class LockOut:
    """End a user's sessions; it can't log in any more, and keeps its rights for another day."""

    user: str


Statement = MakeRole | MakeClient | MakeDatabase | Grant | Revoke | Share | LockOut


def plan(
    clients: Iterable[wire.Client], catalogue: Catalogue, passwords: Mapping[str, str]
) -> tuple[Statement, ...]:
    """Return what makes the server serve exactly *clients*; nothing when it does.

    Args:
        clients: Those related now; one with faults is left as it is.
        catalogue: What the server has.
        passwords: By user.
    """
    todo: dict[Statement, None] = {}
    wanted = list(clients)
    for client in wanted:
        if client.is_usable:
            todo.update(dict.fromkeys(_serve(client, catalogue, passwords[client.user])))
    users = {client.user for client in wanted}
    for user, role in sorted(catalogue.clients.items()):
        if user not in users and role.can_login:
            todo[LockOut(user)] = None
    return tuple(todo)


def _serve(client: wire.Client, catalogue: Catalogue, password: str) -> list[Statement]:
    todo: list[Statement] = []
    user, database = client.user, client.database_name
    owner = names.owner(database)
    asked = client.role_names
    todo += [MakeRole(name) for name in (*asked, owner) if name not in catalogue.roles]
    known = catalogue.clients.get(user)
    if known is None or not known.can_login or set(known.granted) != set(asked):
        todo.append(MakeClient(user, client.is_admin, password, asked))
    if database not in catalogue.databases:
        todo.append(MakeDatabase(database, owner))
    todo += [Grant(role, user) for role in asked if (role, user) not in catalogue.members]
    todo += [Revoke(role, user) for role in (known.granted if known else ()) if role not in asked]
    if (owner, user) not in catalogue.members:
        todo += [Grant(owner, user), Share(database, user, owner)]
    return todo


def read(connection: Connection[Any]) -> Catalogue:
    """Return what the server has."""
    clients: dict[str, Role] = {}
    for name, can_login, comment in connection.execute(
        'SELECT r.rolname, r.rolcanlogin, d.description FROM pg_roles r'
        " JOIN pg_shdescription d ON d.objoid = r.oid AND d.classoid = 'pg_authid'::regclass"
        ' WHERE starts_with(d.description, %s)',
        [f'{{"{_MARK}"'],
    ).fetchall():
        clients[name] = Role(can_login, tuple(json.loads(comment)[_MARK]))
    roles = connection.execute('SELECT rolname FROM pg_roles').fetchall()
    databases = connection.execute(
        'SELECT datname, pg_get_userbyid(datdba) FROM pg_database'
    ).fetchall()
    members = connection.execute(
        'SELECT pg_get_userbyid(roleid), pg_get_userbyid(member) FROM pg_auth_members'
    ).fetchall()
    return Catalogue(
        clients, frozenset(name for (name,) in roles), dict(databases), frozenset(members)
    )


def apply(
    statement: Statement,
    connection: Connection[Any],
    enter: Callable[[str], contextlib.AbstractContextManager[Connection[Any]]],
) -> None:
    """Do *statement*.

    Args:
        connection: To the database ``postgres``, in autocommit mode.
        enter: Gives a connection to the database of that name, as a context manager.
    """
    from psycopg import sql

    name = sql.Identifier

    def run(text: sql.SQL, *parts: sql.Composable) -> None:
        connection.execute(text.format(*parts))

    match statement:
        case MakeRole():
            run(sql.SQL('CREATE ROLE {} NOLOGIN'), name(statement.name))
        case MakeClient():
            _make_client(statement, connection)
        case MakeDatabase():
            run(
                sql.SQL('CREATE DATABASE {} OWNER {}'),
                name(statement.name),
                name(statement.owner),
            )
            run(sql.SQL('REVOKE CONNECT ON DATABASE {} FROM PUBLIC'), name(statement.name))
        case Grant():
            run(sql.SQL('GRANT {} TO {}'), name(statement.role), name(statement.member))
        case Revoke():
            run(sql.SQL('REVOKE {} FROM {}'), name(statement.role), name(statement.member))
        case Share():
            with enter(statement.database) as inside:
                _share(statement, inside)
        case LockOut():
            run(sql.SQL('ALTER ROLE {} NOLOGIN'), name(statement.user))
            connection.execute(
                'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = %s',
                [statement.user],
            )


def _make_client(statement: MakeClient, connection: Connection[Any]) -> None:
    from psycopg import sql

    from .. import postgres

    user = sql.Identifier(statement.user)
    found = connection.execute('SELECT 1 FROM pg_roles WHERE rolname = %s', [statement.user])
    if found.fetchone() is None:
        connection.execute(sql.SQL('CREATE ROLE {}').format(user))
    rights = sql.SQL('SUPERUSER' if statement.admin else 'NOSUPERUSER')
    connection.execute(sql.SQL('ALTER ROLE {} LOGIN {}').format(user, rights))
    postgres.set_password(connection, statement.user, statement.password)
    mark = json.dumps({_MARK: list(statement.granted)})
    connection.execute(sql.SQL('COMMENT ON ROLE {} IS {}').format(user, sql.Literal(mark)))


def _share(statement: Share, inside: Connection[Any]) -> None:
    from psycopg import sql

    user, owner = sql.Identifier(statement.user), sql.Identifier(statement.owner)
    inside.execute(
        sql.SQL('GRANT CONNECT, CREATE, TEMPORARY ON DATABASE {} TO {}').format(
            sql.Identifier(statement.database), owner
        )
    )
    for kind in ('TABLES', 'SEQUENCES', 'FUNCTIONS', 'TYPES'):
        inside.execute(
            sql.SQL('ALTER DEFAULT PRIVILEGES FOR ROLE {} GRANT ALL ON {} TO {}').format(
                user, sql.SQL(kind), owner
            )
        )
