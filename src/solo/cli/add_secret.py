"""``add-secret``: a secret that applications may be granted."""

from __future__ import annotations

from .. import errors
from . import secretflags, session, table

COMMAND = table.command(
    'add-secret', '<name> [key[#base64|#file]=value...]', secretflags.DETAILS, *secretflags.OPTIONS
)


def run(session: session.Session) -> int:
    """Add the secret, and print its URI."""
    name, *pairs = session.args or ('',)
    if not name or '=' in name:
        raise errors.UsageError('missing secret name')
    content = secretflags.content(session.parsed, tuple(pairs))
    if not content:
        raise errors.UsageError('missing secret value or filename')
    found = session.ask('add_secret', name=name, content=content, info=session.flags['info'])
    session.write(f'secret:{found["id"]}\n')
    return 0
