"""``unexpose``: take an application off the network again."""

from __future__ import annotations

import time

from .. import errors, flags
from . import arguments, session, table

COMMAND = table.command(
    'unexpose',
    '<application name>',
    '',
    flags.Flag(('endpoints',), help='Unexpose only the ports of these endpoints'),
    table.WAIT,
)


def run(session: session.Session) -> int:
    """Ask for the end of the exposure."""
    application, *_ = session.parsed.at_most(1)
    if not application:
        raise errors.UsageError('no application name specified')
    started = time.time()
    session.ask(
        'unexpose',
        application=application,
        endpoints=arguments.comma_list(session.flags['endpoints']),
    )
    return session.wait(application, since=started)
