"""``show-secret``: the facts about one secret."""

from __future__ import annotations

from .. import errors, flags, formats
from . import session, table

COMMAND = table.command(
    'show-secret',
    '<ID>|<name>',
    '',
    *table.formats('yaml', 'json'),
    flags.Flag(('reveal',), 'bool', help='Reveal secret values'),
    flags.Flag(('revisions',), 'bool', help='Show the secret revisions metadata'),
    flags.Flag(('r', 'revision'), 'int', help='The revision whose value is revealed'),
)


def run(session: session.Session) -> int:
    """Print the secret; what it holds only with ``--reveal``."""
    secret, *_ = session.parsed.at_most(1)
    if not secret:
        raise errors.UsageError('missing secret ID or name')
    if session.flags['revisions'] and session.flags['revision'] is not None:
        raise errors.UsageError('specify either --revisions or --revision but not both')
    if session.flags['revisions'] and session.flags['reveal']:
        raise errors.UsageError('specify either --revisions or --reveal but not both')
    revision = session.flags['revision']
    if revision is not None and revision < 1:
        raise errors.UsageError('revision must be a positive integer')
    found = session.ask(
        'secrets',
        secret=secret,
        reveal=session.flags['reveal'],
        revision=revision or 0,
        revisions=session.flags['revisions'],
    )
    session.write(formats.text(found, session.flags['format']))
    return 0
