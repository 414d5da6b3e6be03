"""Look at a server's roles, databases and sessions: what ``grants`` plans from."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from . import grants, names, wire

if TYPE_CHECKING:
    from psycopg import Connection

EXTENSIONS = 'juju.extensions'
"""A setting of a database's owner role: what we made there. Roles and their settings are seen
from every database and on every standby, while extensions are seen from inside alone."""

_OURS = ('statement_timeout', 'temp_file_limit')

_READ_ROLES = """
WITH RECURSIVE reached (role, power) AS (
    SELECT oid, oid FROM pg_authid
    UNION
    SELECT reached.role, granted.roleid
    FROM reached JOIN pg_auth_members AS granted ON granted.member = reached.power
)
SELECT role.rolname, role.rolcanlogin, role.rolsuper, coalesce(role.rolpassword, ''),
    CASE WHEN isfinite(role.rolvaliduntil)
        THEN extract(epoch FROM role.rolvaliduntil)::float8 END,
    role.rolconnlimit, setting.pairs,
    bool_or(power.rolsuper OR power.rolcreaterole OR power.rolreplication OR power.rolbypassrls
        OR power.rolname LIKE 'pg\\_%%'
            AND power.rolname NOT IN ('pg_database_owner', 'pg_monitor', 'pg_read_all_stats'))
FROM reached
JOIN pg_authid AS role ON role.oid = reached.role
JOIN pg_authid AS power ON power.oid = reached.power
LEFT JOIN (
    SELECT setrole, array_agg(pair) AS pairs
    FROM pg_db_role_setting, unnest(setconfig) AS pair
    WHERE setdatabase = 0 AND split_part(pair, '=', 1) = ANY(%s)
    GROUP BY setrole
) AS setting ON setting.setrole = role.oid
GROUP BY role.oid, role.rolname, role.rolcanlogin, role.rolsuper, role.rolpassword,
    role.rolvaliduntil, role.rolconnlimit, setting.pairs
"""


def read(connection: Connection[Any]) -> grants.Catalogue:
    """Return what the server has."""
    users: dict[str, grants.User] = {}
    unfit: dict[str, str] = {}
    extensions: dict[str, frozenset[wire.Extension]] = {}
    roles: set[str] = set()
    # Not all settings: a client may give its user as many and as long ones as it likes.
    for row in connection.execute(_READ_ROLES, [[EXTENSIONS, *_OURS]]):
        name, can_login, is_superuser, verifier, locked_at, limit, pairs, is_powerful = row
        roles.add(name)
        settings = dict(pair.partition('=')[::2] for pair in pairs or ())
        if names.is_user(name):
            ours = {key: value for key, value in settings.items() if key in _OURS}
            users[name] = grants.User(can_login, is_superuser, verifier, locked_at, limit, ours)
        if EXTENSIONS in settings:
            extensions[name] = _extensions(settings[EXTENSIONS])
        if is_powerful:
            unfit[name] = 'it has powers that belong to operators; ask on db-admin'
        elif can_login:
            unfit[name] = 'it can log in, so it is somebody; ask for a group'
    databases = connection.execute('SELECT datname, pg_get_userbyid(datdba) FROM pg_database')
    members = connection.execute(
        'SELECT pg_get_userbyid(roleid), pg_get_userbyid(member), pg_get_userbyid(grantor)'
        ' FROM pg_auth_members'
    ).fetchall()
    newest = {user: found.newest.timestamp() for user, found in sessions(connection).items()}
    return grants.Catalogue(
        users,
        frozenset(roles),
        unfit,
        dict(databases.fetchall()),
        frozenset((role, member) for role, member, _ in members),
        frozenset((role, member) for role, member, by in members if by == names.GRANTOR),
        extensions,
        _names(connection, 'SELECT name FROM pg_available_extensions'),
        frozenset(newest),
        newest,
    )


@dataclasses.dataclass(frozen=True)
class Sessions:
    """What one user has open on this server."""

    count: int
    newest: dt.datetime


def sessions(connection: Connection[Any]) -> Mapping[str, Sessions]:
    """Return the sessions of each client's user that has any."""
    rows = connection.execute(
        'SELECT usename, count(*), max(backend_start) FROM pg_stat_activity'
        " WHERE usename ~ '^juju' GROUP BY usename"
    )
    return {user: Sessions(count, newest) for user, count, newest in rows}


def _names(connection: Connection[Any], query: str) -> frozenset[str]:
    return frozenset(name for (name,) in connection.execute(query.encode()))


def note(extensions: frozenset[wire.Extension]) -> str:
    """Return the setting that says which *extensions* we made."""
    return json.dumps(sorted([extension.name, extension.schema] for extension in extensions))


def _extensions(noted: str) -> frozenset[wire.Extension]:
    try:
        return frozenset(wire.Extension(name, schema) for name, schema in json.loads(noted))
    except (ValueError, TypeError):  # somebody set it by hand
        return frozenset()
