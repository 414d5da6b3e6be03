"""``trust``: let an application reach the machine's own credentials, or no longer."""

from __future__ import annotations

import time

from .. import errors, flags
from . import session, table

COMMAND = table.command(
    'trust',
    '<application name>',
    '',
    flags.Flag(('remove',), 'bool', help='Remove trusted access from a trusted application'),
    flags.Flag(('scope',), help='Accepted for Juju: for Kubernetes only'),
    table.WAIT,
)


def run(session: session.Session) -> int:
    """Set the application's trust."""
    application, *_ = session.parsed.at_most(1)
    if not application:
        raise errors.UsageError('no application name specified')
    started = time.time()
    session.ask('trust', application=application, remove=session.flags['remove'])
    return session.wait(application, since=started)
