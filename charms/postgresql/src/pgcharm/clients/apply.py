"""Do what ``grants`` planned, in SQL; one statement that fails stops no other."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from .. import scram
from . import catalogue, grants, names, sharing, wire

if TYPE_CHECKING:
    from psycopg import Connection, sql

Enter = Callable[[str], 'contextlib.AbstractContextManager[Connection[Any]]']
"""Gives a superuser's connection to the database of that name."""

_ALONE = (grants.MakeDatabase, grants.Share, grants.MakeExtension, grants.Forget)
"""What does not fit into a transaction with others."""


def apply_all(
    statements: Iterable[grants.Statement], connection: Connection[Any], enter: Enter
) -> tuple[str, ...]:
    """Do *statements*, those on roles in one transaction.

    Args:
        statements: What ``grants.plan`` returned, in its order.
        connection: To the database ``postgres``, in autocommit mode.
        enter: The way into the others.

    Returns:
        What failed, a line each: a client's odd wish must not stop the service of the others.

    Raises:
        psycopg.OperationalError: If the server went away.
    """
    import psycopg

    connection.execute(f'SET lock_timeout = {sharing.LOCK_TIMEOUT}'.encode())
    failed: list[str] = []
    closed: set[str] = set()
    for is_alone, group in itertools.groupby(
        statements, lambda statement: isinstance(statement, _ALONE)
    ):
        with contextlib.nullcontext() if is_alone else connection.transaction():
            for statement in group:
                if isinstance(statement, grants.Grant) and statement.role in closed:
                    continue  # a member would enter a database that is not shared as it should be
                try:
                    try:
                        with contextlib.nullcontext() if is_alone else connection.transaction():
                            _apply(statement, connection, enter)
                    except psycopg.errors.LockNotAvailable:
                        _make_way(statement, connection)
                        with contextlib.nullcontext() if is_alone else connection.transaction():
                            _apply(statement, connection, enter)
                except psycopg.Error as error:
                    if connection.closed:
                        raise
                    if isinstance(statement, grants.Share):
                        closed.add(statement.owner)
                    failed.append(f'cannot do {statement}: {str(error).splitlines()[0]}')
    return tuple(failed)


def end_sessions(
    connection: Connection[Any], users: Iterable[str], networks: Iterable[str]
) -> None:
    """End the sessions of *users* from *networks*, or from anywhere if none is given."""
    connection.execute(
        'SELECT pg_terminate_backend(pid) FROM pg_stat_activity'
        ' WHERE usename = ANY(%s) AND (%s OR client_addr <<= ANY(%s::inet[]))',
        [list(users), not networks, list(networks)],
    )


def _make_way(statement: grants.Statement, connection: Connection[Any]) -> None:
    """End the transactions of clients that hold up *statement*, on which they all would wait.

    A client may change its own user and database, and then do nothing more for ever.
    """
    connection.execute(
        'SELECT pg_terminate_backend(pid) FROM pg_stat_activity'
        " WHERE backend_xid IS NOT NULL AND usename ~ '^juju_' AND %s IN (usename, datname)",
        [grants.subject(statement)],
    )


def _apply(statement: grants.Statement, connection: Connection[Any], enter: Enter) -> None:
    from psycopg import sql

    def run(text: sql.SQL, *parts: str) -> None:
        connection.execute(text.format(*map(sql.Identifier, parts)))

    match statement:
        case grants.MakeRole(name):
            run(sql.SQL('CREATE ROLE {} NOLOGIN'), name)
        case grants.MakeUser():
            for text in _user(statement, connection):
                connection.execute(text)
        case grants.MakeDatabase(name, owner):
            run(sql.SQL('CREATE DATABASE {} OWNER {}'), name, owner)
        case grants.Share(database, owner, is_ours):
            with enter(database) as inside:
                sharing.share(inside, database, owner, is_ours=is_ours)
        case grants.MakeExtension():
            with enter(statement.database) as inside, inside.transaction():
                sharing.be_ourselves(inside)
                _make_extension(inside, statement.owner, statement.extension)
        case grants.Grant(role, member):
            # From PostgreSQL 16 on, only who may pass a role on can be its grantor.
            run(sql.SQL('GRANT {} TO {} WITH ADMIN OPTION'), role, names.GRANTOR)
            run(sql.SQL('GRANT {} TO {} GRANTED BY {}'), role, member, names.GRANTOR)
        case grants.Revoke(role, member):
            run(sql.SQL('REVOKE {} FROM {} GRANTED BY {}'), role, member, names.GRANTOR)
        case grants.LockOut(user):
            # Since when is noted where every unit sees it.
            run(sql.SQL("ALTER ROLE {} NOLOGIN VALID UNTIL 'now'"), user)
            connection.execute(
                'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = %s', [user]
            )
        case grants.Forget(user):
            _forget(connection, enter, user)


def _user(statement: grants.MakeUser, connection: Connection[Any]) -> Iterator[sql.Composed]:
    from psycopg import sql

    found = connection.execute('SELECT FROM pg_roles WHERE rolname = %s', [statement.name])
    user, limits = sql.Identifier(statement.name), statement.limits
    yield sql.SQL(
        "{} ROLE {} LOGIN {} CONNECTION LIMIT {} PASSWORD {} VALID UNTIL 'infinity'"
    ).format(
        sql.SQL('ALTER' if found.rowcount else 'CREATE'),
        user,
        sql.SQL('SUPERUSER' if statement.is_admin else ''),
        sql.Literal(limits.connections),
        sql.Literal(scram.verifier(statement.password)),
    )
    for name in ('statement_timeout', 'temp_file_limit'):
        if name in limits.settings:
            value = sql.Literal(limits.settings[name])
            yield sql.SQL('ALTER ROLE {} SET {} = {}').format(user, sql.Identifier(name), value)
        else:
            yield sql.SQL('ALTER ROLE {} RESET {}').format(user, sql.Identifier(name))


def _make_extension(inside: Connection[Any], owner: str, extension: wire.Extension) -> None:
    from psycopg import sql

    name, schema = sql.Identifier(extension.name), sql.Identifier(extension.schema)
    inside.execute(sql.SQL('CREATE SCHEMA IF NOT EXISTS {}').format(schema))
    inside.execute(sql.SQL('GRANT USAGE ON SCHEMA {} TO PUBLIC').format(schema))
    inside.execute(sql.SQL('CREATE EXTENSION IF NOT EXISTS {} SCHEMA {}').format(name, schema))
    noted = catalogue.read(inside).extensions.get(owner, frozenset())
    setting = sql.Literal(catalogue.note(noted | {extension}))
    inside.execute(
        sql.SQL('ALTER ROLE {} SET {} = {}').format(
            sql.Identifier(owner), sql.Identifier(*catalogue.EXTENSIONS.split('.')), setting
        )
    )


def _forget(connection: Connection[Any], enter: Enter, user: str) -> None:
    """Drop *user*; what it owns goes to its database's owner, who may be a client's owner role."""
    from psycopg import sql

    rows = connection.execute(
        'SELECT DISTINCT datname, pg_get_userbyid(datdba) FROM pg_shdepend'
        ' JOIN pg_database ON pg_database.oid = dbid WHERE refobjid = %s::regrole',
        [sql.Identifier(user).as_string(connection)],
    ).fetchall()
    name = sql.Identifier(user)
    for database, owner in rows:
        with enter(database) as inside, inside.transaction():
            sharing.be_ourselves(inside)
            heir = sql.Identifier(owner)
            inside.execute(sql.SQL('REASSIGN OWNED BY {} TO {}').format(name, heir))
            inside.execute(sql.SQL('DROP OWNED BY {}').format(name))
    connection.execute(sql.SQL('DROP ROLE {}').format(name))
