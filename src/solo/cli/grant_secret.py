"""``grant-secret``: let applications read a secret."""

from __future__ import annotations

from .. import errors
from . import arguments, session, table

COMMAND = table.command('grant-secret', '<ID>|<name> <application>[,<application>...]')


def run(session: session.Session) -> int:
    """Ask for it; as Juju does, without a word."""
    secret, listed = session.parsed.at_most(2)
    if not secret:
        raise errors.UsageError('missing secret URI')
    applications = arguments.comma_list(listed)
    if not applications:
        raise errors.UsageError('missing application name')
    session.ask('grant_secret', secret=secret, applications=applications, revoke=False)
    return 0
