"""``bind``: say to which space an application's endpoints are bound."""

from __future__ import annotations

from .. import errors, flags
from . import session, table

COMMAND = table.command(
    'bind',
    '<application> [<default-space>] [<endpoint-name>=<space> ...]',
    'There is one space, alpha.',
    flags.Flag(('force',), 'bool', help='Accepted for Juju: machines are in the one space'),
)


def run(session: session.Session) -> int:
    """Ask for it."""
    if not session.args:
        raise errors.UsageError('no application name specified')
    application, *wanted = session.args
    if not wanted:
        raise errors.UsageError('no bindings specified')
    session.ask('bind', application=application, bind=' '.join(wanted))
    return 0
