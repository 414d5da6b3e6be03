"""Connections to the unit's own server, and the statements that several modules need.

The library costs 0.2 s to import: import this module only where there is a server to talk to.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Generator
from typing import Any

import psycopg
from psycopg import sql

from . import scram

_RELOAD_SECONDS = 5.0
Connection = psycopg.Connection[tuple[Any, ...]]


@contextlib.contextmanager
def connect(
    host: str, port: int, user: str, password: str | None, dbname: str = 'postgres'
) -> Generator[Connection, None, None]:
    """Give a connection in autocommit mode.

    Args:
        host: An address, or the folder of the Unix socket.
        password: None where the operating system's user is enough.

    Raises:
        psycopg.Error: If the server can't be reached, or refuses.
    """
    with psycopg.connect(
        host=host,
        port=port,
        user=user,
        password=password,
        dbname=dbname,
        autocommit=True,
        connect_timeout=5,
        # A machine that is lost after it let us in: nothing else would end the wait.
        keepalives_idle=5,
        keepalives_interval=2,
        keepalives_count=3,
        tcp_user_timeout=10_000,
        application_name='charm',
        # Whoever owns a database sets the defaults of all who enter it. And a hook waits for no
        # standby: where none confirms it would never end. The next primary makes what it misses.
        client_encoding='UTF8',
        options='-c local_preload_libraries= -c synchronous_commit=local',
    ) as connection:
        yield connection


def set_password(connection: Connection, role: str, password: str) -> None:
    """Set the role's password, sent as a verifier: no log ever holds it."""
    connection.execute(
        sql.SQL('ALTER ROLE {} PASSWORD {}').format(
            sql.Identifier(role), sql.Literal(scram.verifier(password))
        )
    )


def reload_and_wait(connection: Connection) -> None:
    """Let the server read its settings and pg_hba.conf again, and wait until it has.

    Source: PostgreSQL manual, pg_conf_load_time(): a backend learns of it between statements.
    """
    loaded = 'SELECT pg_conf_load_time()'
    before = connection.execute(loaded).fetchone()
    connection.execute('SELECT pg_reload_conf()')
    deadline = time.monotonic() + _RELOAD_SECONDS
    while connection.execute(loaded).fetchone() == before and time.monotonic() < deadline:
        time.sleep(0.01)


def refused_settings(connection: Connection) -> tuple[str, ...]:
    """Return the settings that the server refuses as they stand on the disk.

    Those that wait for a restart are no such: whether it refuses them, it will say then.

    Source: PostgreSQL manual, "pg_file_settings".
    """
    rows = connection.execute(
        "SELECT file.name || ' = ' || coalesce(file.setting, '') FROM pg_file_settings file"
        ' JOIN pg_settings known ON lower(known.name) = lower(file.name)'
        " WHERE file.error IS NOT NULL AND known.context <> 'postmaster'"
    ).fetchall()
    return tuple(text for (text,) in rows)


def hba_errors(connection: Connection) -> tuple[str, ...]:
    """Return what is wrong with pg_hba.conf as it stands on the disk."""
    rows = connection.execute(
        'SELECT line_number, error FROM pg_hba_file_rules WHERE error IS NOT NULL'
    ).fetchall()
    return tuple(f'line {number}: {error}' for number, error in rows)
