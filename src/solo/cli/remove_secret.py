"""``remove-secret``: forget a secret, or one revision of it."""

from __future__ import annotations

from .. import errors, flags
from . import session, table

COMMAND = table.command(
    'remove-secret',
    '<ID>|<name>',
    '',
    flags.Flag(('revision',), 'int', help='Remove the specified revision only'),
)


def run(session: session.Session) -> int:
    """Remove it; as Juju does, without a word."""
    secret, *_ = session.parsed.at_most(1)
    if not secret:
        raise errors.UsageError('missing secret URI')
    session.ask('remove_secret', secret=secret, revision=session.flags['revision'])
    return 0
