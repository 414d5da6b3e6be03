"""``add-ssh-key``: keep a key with the model."""

from __future__ import annotations

from .. import errors
from . import session, table

COMMAND = table.command(
    'add-ssh-key',
    '<ssh key> ...',
    'Keys are kept and listed; "solo ssh" needs none, because it runs as the caller.',
)


def run(session: session.Session) -> int:
    """Add the keys; as Juju does, without a word."""
    if not session.args:
        raise errors.UsageError('no ssh key specified')
    for key in session.args:
        if len(key.split()) < 2:
            raise errors.UsageError(f'cannot add key "{key}": invalid ssh key: {key}')
    session.ask('ssh_keys', add=list(session.args))
    return 0
