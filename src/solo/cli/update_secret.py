"""``update-secret``: another revision of a secret, or another name."""

from __future__ import annotations

from .. import errors, flags
from . import secretflags, session, table

COMMAND = table.command(
    'update-secret',
    '<ID>|<name> [key[#base64|#file]=value...]',
    secretflags.DETAILS,
    *secretflags.OPTIONS,
    flags.Flag(('name',), help='The new secret name'),
    flags.Flag(('auto-prune',), 'bool', help='Remove revisions that nobody reads any more'),
)


def run(session: session.Session) -> int:
    """Change the secret; as Juju does, without a word."""
    secret, *pairs = session.args or ('',)
    if not secret:
        raise errors.UsageError('missing secret URI')
    content = secretflags.content(session.parsed, tuple(pairs))
    pruned = session.flags['auto-prune'] if 'auto-prune' in session.parsed.spelled else None
    name, info = session.flags['name'], session.flags['info']
    if not content and not name and not info and pruned is None:
        raise errors.UsageError('must specify a new value or metadata to update the secret')
    session.ask(
        'update_secret', secret=secret, content=content, name=name, info=info, auto_prune=pruned
    )
    return 0
