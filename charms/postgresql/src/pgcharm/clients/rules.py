"""Lines of pg_hba.conf that let exactly the clients' units in.

Source: PostgreSQL manual, "The pg_hba.conf File": a quoted name is no keyword.
"""

from __future__ import annotations

from collections.abc import Iterable

from . import wire


def render(clients: Iterable[wire.Client]) -> str:
    """Return the lines for all clients, one per user, database and network, sorted.

    A ``db-admin`` client may use any user and any database from there: poolers do. Who got a new
    password may use the former user as well; when that is over the server decides.
    """
    lines: set[str] = set()
    for client in clients:
        if not client.is_usable:
            continue
        if client.is_admin:
            whose = 'all all'
        else:
            users = ','.join(_quoted(user) for user in (client.user, client.former_user) if user)
            whose = f'{_quoted(client.database_name)} {users}'
        lines.update(f'hostssl {whose} {network} scram-sha-256' for network in client.networks)
    return '\n'.join(sorted(lines))


def _quoted(name: str) -> str:
    doubled = name.replace('"', '""')
    return f'"{doubled}"'
