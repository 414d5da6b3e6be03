"""The running server as the plan needs to see it: its users, and what it has loaded."""

from __future__ import annotations

import contextlib
import dataclasses
import logging
from collections.abc import Iterable, Mapping

from . import layout, patroni, peers, scram
from .clients import apply, catalogue, grants

_log = logging.getLogger(__name__)

OPERATOR = 'operator'
"""The superuser for people; its password is what the action ``get-password`` shows."""


@dataclasses.dataclass(frozen=True)
class Catalogue:
    """What the server of this unit says."""

    is_primary: bool
    """Whether it takes writes."""

    stale_users: tuple[str, ...]
    """Users of ours that are missing or have another password than the secret says."""

    configured_at: float
    """When it last read its settings and pg_hba.conf, seconds since 1970."""

    hba_errors: tuple[str, ...] = ()
    """What is wrong with pg_hba.conf as it stands now."""

    started_at: float = 0.0

    refused_settings: tuple[str, ...] = ()
    """Settings in its files that it has not taken over, and would not start with."""

    slots: tuple[str, ...] = ()
    """Names of the replication slots that Patroni made for other members."""

    clients: grants.Catalogue = grants.NOTHING
    """What there is of clients' roles and databases."""

    connections: int = 0
    """How many are connected, without the server's own processes."""

    most_connections: int = 0
    """How many may be."""


def crowd(seen: Catalogue) -> tuple[str, ...]:
    """Return a warning when the connections that are allowed are nearly used up."""
    if seen.connections * 10 < seen.most_connections * 9 or not seen.most_connections:
        return ()
    return (f'{seen.connections} of {seen.most_connections} connections used',)


_REWIND_FUNCTIONS = (
    'pg_ls_dir(text, boolean, boolean)',
    'pg_stat_file(text, boolean)',
    'pg_read_binary_file(text)',
    'pg_read_binary_file(text, bigint, bigint, boolean)',
)
"""What ``pg_rewind`` calls. Source: PostgreSQL manual, "pg_rewind"."""


def passwords(secrets: peers.Secrets) -> Mapping[str, str]:
    """Return the password that each user of ours shall have."""
    return {
        patroni.SUPERUSER: secrets.superuser_password,
        patroni.REPLICATION_USER: secrets.replication_password,
        patroni.REWIND_USER: secrets.rewind_password,
        OPERATOR: secrets.operator_password,
    }


def observe(places: layout.Layout, port: int, secrets: peers.Secrets) -> Catalogue | None:
    """Return what the server says, or None when it takes no connections."""
    import psycopg

    from . import postgres

    try:
        with postgres.connect(
            str(places.socket_folder), port, patroni.SUPERUSER, None
        ) as connection:
            row = connection.execute(
                'SELECT pg_is_in_recovery(), extract(epoch FROM pg_conf_load_time())::float8,'
                ' extract(epoch FROM pg_postmaster_start_time())::float8,'
                " (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'),"
                " current_setting('max_connections')::int"
            ).fetchone()
            assert row is not None
            verifiers = dict(
                connection.execute(
                    'SELECT rolname, rolpassword FROM pg_authid WHERE rolname = ANY(%s)',
                    [list(passwords(secrets))],
                ).fetchall()
            )
            return Catalogue(
                is_primary=not row[0],
                stale_users=tuple(
                    user
                    for user, password in passwords(secrets).items()
                    if not scram.is_verifier_of(verifiers.get(user) or '', password)
                ),
                configured_at=row[1],
                started_at=row[2],
                hba_errors=tuple(postgres.hba_errors(connection)),
                refused_settings=tuple(postgres.refused_settings(connection)),
                slots=tuple(
                    name
                    for (name,) in connection.execute(
                        'SELECT slot_name::text FROM pg_replication_slots'
                        " WHERE slot_type = 'physical' AND NOT temporary ORDER BY 1"
                    )
                ),
                clients=catalogue.read(connection),
                connections=row[3],
                most_connections=row[4],
            )
    except psycopg.OperationalError:
        return None


def copied(host: str, port: int, secrets: peers.Secrets, address: str) -> tuple[int, int]:
    """Return how many bytes of a base copy have been sent to *address*, and of how many.

    Args:
        host: The primary's address.
        port: Its PostgreSQL's.
        secrets: The application's.
        address: Where the copy goes; the latest one where none goes there by name.

    Source: PostgreSQL manual, "Base Backup Progress Reporting".
    """
    import psycopg

    from . import postgres

    try:
        with postgres.connect(
            host, port, patroni.SUPERUSER, secrets.superuser_password
        ) as connection:
            row = connection.execute(
                'SELECT backup_streamed, coalesce(backup_total, 0)'
                ' FROM pg_stat_progress_basebackup JOIN pg_stat_activity USING (pid)'
                ' ORDER BY client_addr = %s::inet DESC, backend_start DESC LIMIT 1',
                [address],
            ).fetchone()
    except psycopg.Error:
        return (0, 0)
    return (int(row[0] or 0), int(row[1])) if row else (0, 0)


@dataclasses.dataclass(frozen=True)
class Replica:
    """What a primary says of a standby that is connected to it."""

    sync_state: str
    """``sync``, ``quorum``, ``potential`` or ``async``."""

    lag_seconds: float
    """Between the write of what was replayed last and its replay; 0 when all is replayed."""


def replicas(host: str, port: int, secrets: peers.Secrets) -> Mapping[str, Replica]:
    """Return what a primary says of its standbys, by member; nothing where it doesn't answer.

    Args:
        host: The primary's address.
        port: Its PostgreSQL's.
        secrets: The application's.

    Source: PostgreSQL manual, "pg_stat_replication".
    """
    import psycopg

    from . import postgres

    try:
        with postgres.connect(
            host, port, patroni.SUPERUSER, secrets.superuser_password
        ) as connection:
            found = connection.execute(
                'SELECT application_name, sync_state,'
                ' coalesce(extract(epoch FROM replay_lag), 0)::float8'
                " FROM pg_stat_replication WHERE state = 'streaming'"
            ).fetchall()
    except psycopg.Error:
        return {}
    return {str(name): Replica(str(state), float(lag)) for name, state, lag in found}


def busy_elsewhere(
    standbys: Iterable[tuple[str, int]], secrets: peers.Secrets, users: Iterable[str]
) -> frozenset[str]:
    """Return which of *users* are connected to one of these servers.

    One that does not answer counts as nobody's: it will end such sessions when it hears of it.

    Args:
        standbys: Addresses and ports.
        secrets: The application's.
        users: Whom to look for.
    """
    import psycopg

    from . import postgres

    found: set[str] = set()
    for host, port in standbys:
        with (
            contextlib.suppress(psycopg.Error),
            postgres.connect(
                host, port, patroni.SUPERUSER, secrets.superuser_password
            ) as connection,
        ):
            found |= catalogue.sessions(connection).keys() & set(users)
    return frozenset(found)


def set_passwords(places: layout.Layout, port: int, wanted: Mapping[str, str]) -> None:
    """Give each user in *wanted* its password, making the user where it is missing.

    Args:
        places: The unit's.
        port: PostgreSQL's.
        wanted: Password by user of ours.
    """
    from psycopg import sql

    from . import postgres

    rights = {
        patroni.SUPERUSER: sql.SQL('SUPERUSER'),
        patroni.REPLICATION_USER: sql.SQL('REPLICATION'),
        patroni.REWIND_USER: sql.SQL(''),
        OPERATOR: sql.SQL('SUPERUSER CREATEDB CREATEROLE'),
    }
    with postgres.connect(str(places.socket_folder), port, patroni.SUPERUSER, None) as connection:
        for user, password in wanted.items():
            found = connection.execute('SELECT 1 FROM pg_roles WHERE rolname = %s', [user])
            if found.fetchone() is None:
                connection.execute(
                    sql.SQL('CREATE ROLE {} LOGIN {}').format(sql.Identifier(user), rights[user])
                )
            if user == patroni.REWIND_USER:
                for function in _REWIND_FUNCTIONS:
                    connection.execute(
                        sql.SQL('GRANT EXECUTE ON FUNCTION pg_catalog.{} TO {}').format(
                            sql.SQL(function), sql.Identifier(user)
                        )
                    )
            postgres.set_password(connection, user, password)


def serve_clients(places: layout.Layout, port: int, todo: Iterable[grants.Statement]) -> None:
    """Make roles and databases as planned; what fails is logged and stops no other client.

    Args:
        places: The unit's.
        port: PostgreSQL's.
        todo: What ``clients.grants.plan`` returned.
    """
    enter = _door(places, port)
    with enter('postgres') as connection:
        for failure in apply.apply_all(todo, connection, enter):
            _log.warning('%s', failure)


def end_sessions(
    places: layout.Layout, port: int, users: Iterable[str], networks: Iterable[str]
) -> None:
    """End the sessions of *users* from *networks*, or from anywhere if none is given."""
    with _door(places, port)('postgres') as connection:
        apply.end_sessions(connection, users, networks)


def look_at_clients(
    places: layout.Layout, port: int
) -> tuple[grants.Catalogue, Mapping[str, catalogue.Sessions]]:
    """Return what the server has of clients, and who of them is connected to it.

    Raises:
        psycopg.OperationalError: If the server takes no connections.
    """
    with _door(places, port)('postgres') as connection:
        return catalogue.read(connection), catalogue.sessions(connection)


def _door(places: layout.Layout, port: int) -> apply.Enter:
    from . import postgres

    def enter(database: str) -> contextlib.AbstractContextManager[postgres.Connection]:
        folder = str(places.socket_folder)
        return postgres.connect(folder, port, patroni.SUPERUSER, None, database)

    return enter
