"""Names of a client's user, of a database's owner, and which names a client may ask for."""

from __future__ import annotations

import hashlib

_LONGEST = 63  # bytes, PostgreSQL's NAMEDATALEN - 1
_DATABASES = frozenset(('postgres', 'template0', 'template1', 'replication', 'all'))
_OURS = frozenset(('postgres', 'operator', 'replication', 'rewind'))


def user(application: str, *, admin: bool) -> str:
    """Return the user of a client application; it survives a re-made relation.

    Args:
        application: The remote application.
        admin: Whether it came over ``db-admin``.
    """
    return _fitting(f'{"jujuadmin" if admin else "juju"}_{application}')


def owner(database: str) -> str:
    """Return the role that owns a database and that its clients share."""
    return _fitting(f'jujuowner_{database}')


def _fitting(name: str) -> str:
    """Shorten a name to PostgreSQL's limit; a digest keeps it unique."""
    if len(name.encode()) <= _LONGEST:
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[:12]
    kept = name.encode()[: _LONGEST - 13].decode(errors='ignore')
    return f'{kept}_{digest}'


def database_fault(name: str) -> str:
    """Return why a client can't have a database of that name; empty when it can."""
    if name.lower() in _DATABASES or name.startswith(('+', '@')):
        return 'the name is reserved'
    return _fault(name)


def role_fault(name: str) -> str:
    """Return why a client can't be granted a role of that name; empty when it can.

    A role of another client, of a database's owner or of PostgreSQL's own would give it powers
    that are not its own.
    """
    lowered = name.lower()
    if lowered in _OURS or lowered.startswith(('pg_', 'juju')):
        return 'the name is reserved'
    if lowered in ('public', 'none', 'current_user', 'session_user', 'current_role'):
        return 'the name is a word of SQL'
    return _fault(name)


def _fault(name: str) -> str:
    if not name.strip():
        return 'the name is empty'
    if len(name.encode('utf-8', 'surrogateescape')) > _LONGEST:
        return f'the name has more than {_LONGEST} bytes'
    if not name.isprintable():
        return 'the name has characters that cannot be printed'
    return ''
