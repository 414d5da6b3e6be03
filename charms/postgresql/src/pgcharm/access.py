"""Who may connect: pg_hba.conf and pg_ident.conf, in full.

The order is PostgreSQL's: the first line that matches decides. There is no ``trust``, and no
connection over a network without TLS.
"""

from __future__ import annotations

import getpass
from collections.abc import Iterable

from . import database, patroni

_MAP = 'charm'

_PEERED = (patroni.SUPERUSER, patroni.REPLICATION_USER, patroni.REWIND_USER)
"""Users whom the machine's own root and the daemons may be, by the socket."""


def hba(
    own: Iterable[str],
    members: Iterable[str],
    admins: Iterable[str],
    clients: str,
    extra: Iterable[str],
) -> str:
    """Return pg_hba.conf.

    Args:
        own: Addresses of this machine.
        members: Addresses that the other units' connections come from.
        admins: Networks that the operator may come from.
        clients: The lines of the client applications.
        extra: Lines of the operator's, before all but the machine's own users.
    """
    local = ('127.0.0.1', '::1', *own)
    lines = [
        '# Written by the charm; use its options extra-pg-auth and admin-addresses.',
        *(
            f'local {databases} {user} peer map={_MAP}'
            for databases, user in (
                ('all', patroni.SUPERUSER),
                ('replication,all', patroni.REPLICATION_USER),
                ('all', patroni.REWIND_USER),
            )
        ),
        *extra,
        'local all all scram-sha-256',
    ]
    for address in _networks((*local, *members)):
        for databases, user in (
            ('replication', patroni.REPLICATION_USER),
            ('all', patroni.SUPERUSER),
            ('all', patroni.REWIND_USER),
        ):
            lines.append(f'hostssl {databases} {user} {address} scram-sha-256')
    lines += [
        f'hostssl all {database.OPERATOR} {network} scram-sha-256'
        for network in _networks((*local, *admins))
    ]
    # A client's `all` must not open the door to our own users.
    ours = ','.join((*_PEERED, database.OPERATOR))
    lines.append(f'host all {ours} all reject')
    return '\n'.join([*lines, clients.rstrip(), ''])


def ident(service_user: str | None) -> str:
    """Return pg_ident.conf: root and the daemons' user enter the socket as our own users."""
    people = dict.fromkeys(('root', service_user or getpass.getuser()))
    lines = ['# Written by the charm.']
    lines += [f'{_MAP} {person} {user}' for person in people for user in _PEERED]
    return '\n'.join(lines) + '\n'


def _networks(addresses: Iterable[str]) -> list[str]:
    unique = dict.fromkeys(addresses)
    return [
        text if '/' in text else f'{text}/{128 if ":" in text else 32}' for text in unique if text
    ]
