"""``remove-ssh-key``: forget a key of the model."""

from __future__ import annotations

from .. import errors
from . import session, table

COMMAND = table.command('remove-ssh-key', '<ssh key id> ...', 'An id is a comment or a whole key.')


def run(session: session.Session) -> int:
    """Remove the keys; as Juju does, without a word."""
    if not session.args:
        raise errors.UsageError('no ssh key id specified')
    session.ask('ssh_keys', remove=list(session.args))
    return 0
