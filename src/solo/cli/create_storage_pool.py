"""``create-storage-pool``: define a place for storage."""

from __future__ import annotations

from .. import errors
from . import arguments, session, table

COMMAND = table.command(
    'create-storage-pool',
    '<name> <storage provider> [<key>=<value> [<key>=<value>...]]',
    """\
Providers are "folders" (persistent; path=/srv/fast says where), "rootfs" (goes with the unit) and
"tmpfs" (in memory). For scripts that were written for Juju there are "lxd" and "loop", which keep
data as those do: "lxd" as "folders", "loop" as "rootfs". Other attributes have no effect here.""",
)


def run(session: session.Session) -> int:
    """Add the pool; as Juju does, without a word."""
    if len(session.args) < 2:
        raise errors.UsageError('pool creation requires names and provider type')
    name, provider, *pairs = session.args
    attributes = arguments.settings(tuple(pairs))
    session.ask('create_storage_pool', name=name, provider=provider, attributes=attributes)
    return 0
