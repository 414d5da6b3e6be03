"""``attach-resource``: another file for a resource of an application."""

from __future__ import annotations

import time

from .. import errors
from . import arguments, session, table

COMMAND = table.command(
    'attach-resource', '<application> <resource name>=<file path> ...', '', table.WAIT
)


def run(session: session.Session) -> int:
    """Upload the files; as Juju does, without a word."""
    if not session.args:
        raise errors.UsageError('missing application name')
    application, *pairs = session.args
    if not pairs:
        raise errors.UsageError('no resource specified')
    started = time.time()
    session.ask(
        'attach_resource', application=application, resources=arguments.paths(tuple(pairs))
    )
    return session.wait(application, since=started)
