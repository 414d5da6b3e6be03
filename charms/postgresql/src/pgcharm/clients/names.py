"""Names of clients' users, databases and roles, and which of them a client may ask for.

Source: PostgreSQL manual, "Identifiers and Key Words", "The pg_hba.conf File". The users' names
are those of stub42/postgresql-charm, so that tables of an old service keep their users.
"""

from __future__ import annotations

import hashlib

GRANTOR = 'jujugrantor'
"""The role in whose name we grant."""

_USERS = ('juju_', 'jujuadmin_')
_LONGEST = 63  # bytes, PostgreSQL's NAMEDATALEN - 1; longer names are cut in silence
_OURS = frozenset(('postgres', 'operator', 'replication', 'rewind'))
_HBA_WORDS = frozenset(('all', 'sameuser', 'samerole', 'samegroup', 'replication'))
_SQL_WORDS = frozenset(('public', 'none', 'current_user', 'session_user', 'current_role'))


def user(application: str, *, admin: bool, generation: int = 1) -> str:
    """Return the user of a client application; it survives a re-made relation.

    Args:
        application: The remote application.
        admin: Whether it came over ``db-admin``.
        generation: How often it got a password. Juju's applications have no ``_`` in their names.
    """
    return _fitting(_USERS[admin] + application + (f'_{generation}' if generation > 1 else ''))


def is_user(role: str) -> bool:
    """Tell whether a role's name is one of a client's user: those are the charm's alone."""
    return role.startswith(_USERS)


def own_database(application: str) -> str:
    """Return the database of an application that asks for none: its name, where that will do."""
    name = _fitting(application)
    return f'db_{name}' if database_fault(name) else name


def owner(database: str) -> str:
    """Return the role that a database's tables belong to, and that its clients share."""
    return _fitting(f'jujuowner_{database}')


def database_fault(name: str) -> str:
    """Return why a client can't have a database of that name; empty when it can."""
    lowered = name.lower()
    if lowered in {'postgres', *_HBA_WORDS} or lowered.startswith(('template', 'pg_')):
        return 'the name is reserved'
    return _fault(name)


def role_fault(name: str) -> str:
    """Return why a client can't be granted a role of that name; empty when it can.

    A role of another client, of a database's owner or of PostgreSQL's own would give it powers
    that are not its own.
    """
    lowered = name.lower()
    if lowered in _OURS | _HBA_WORDS or lowered.startswith(('pg_', 'juju')):
        return 'the name is reserved'
    if lowered in _SQL_WORDS:
        return 'the name is a word of SQL'
    return _fault(name)


def schema_fault(name: str) -> str:
    """Return why an extension can't go to a schema of that name; empty when it can."""
    if name.lower().startswith(('pg_', 'juju', 'information_schema')):
        return 'the name is reserved'
    return _fault(name)


def _fault(name: str) -> str:
    if not name.strip():
        return 'the name is empty'
    # A line break would forge a line of pg_hba.conf or of `standbys`; this also refuses what
    # can't be encoded.
    if not name.isprintable():
        return 'the name has characters that cannot be printed'
    if len(name.encode()) > _LONGEST:
        return f'the name has more than {_LONGEST} bytes'
    # The first is a group, the second a file, the third (from PostgreSQL 16 on, even in quotes)
    # a regular expression to pg_hba.conf.
    if name.startswith(('+', '@', '/')):
        return f'the name begins with "{name[0]}"'
    return ''


def _fitting(name: str) -> str:
    """Shorten a name to PostgreSQL's limit; a digest keeps it unique."""
    encoded = name.encode()
    if len(encoded) <= _LONGEST:
        return name
    digest = hashlib.sha256(encoded).hexdigest()[:16]
    return f'{encoded[: _LONGEST - 17].decode(errors="ignore")}_{digest}'
