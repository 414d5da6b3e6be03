"""``users``: the one user that there is."""

from __future__ import annotations

from .. import flags, folders, formats, juju
from . import output, session, table

COMMAND = table.command(
    'users',
    '[<model name>]',
    '',
    *table.formats('tabular', 'json', 'yaml'),
    flags.Flag(('all',), 'bool', help='Accepted for Juju: there is one user'),
    flags.Flag(('exact-time',), 'bool', help='Accepted for Juju: who asks is there just now'),
    flags.Flag(('c', 'controller'), help='Accepted for Juju: there is one controller'),
    model=False,
)


def run(session: session.Session) -> int:
    """Print the user. Source: juju: cmd/juju/user/list.go."""
    session.parsed.at_most(1)
    if session.flags['format'] != 'tabular':
        user = {
            'user-name': juju.USER,
            'display-name': juju.USER,
            'access': 'superuser',
            'last-connection': 'just now',
        }
        session.write(formats.text([user], session.flags['format']))
        return 0
    heading = ('Name', 'Display name', 'Access', 'Date created', 'Last connection')
    row = (f'{juju.USER}*', juju.USER, 'superuser', '', 'just now')
    session.write(f'Controller: {folders.controller_name()}\n\n{output.table([heading, row])}')
    return 0
