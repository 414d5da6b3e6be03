"""``remove-storage-pool``: forget a pool."""

from __future__ import annotations

from .. import errors
from . import session, table

COMMAND = table.command(
    'remove-storage-pool',
    '<name>',
)


def run(session: session.Session) -> int:
    """Remove the pool; as Juju does, without a word."""
    name, *_ = session.parsed.at_most(1)
    if not name:
        raise errors.UsageError('pool removal requires a pool name')
    session.ask('remove_storage_pool', name=name)
    return 0
