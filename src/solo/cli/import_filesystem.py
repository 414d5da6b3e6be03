"""``import-filesystem``: a folder that is there becomes storage of the model."""

from __future__ import annotations

import os

from .. import errors, flags, names
from . import session, table

COMMAND = table.command(
    'import-filesystem',
    '<storage-pool> <folder> <storage name>',
    """\
The folder stays where it is. "solo deploy --attach-storage" or "solo attach-storage" gives it to
a unit; "solo remove-storage --no-destroy" lets go of it again.""",
    flags.Flag(('force',), 'bool', help="Accepted for Juju: a folder is nobody else's volume"),
)


def run(session: session.Session) -> int:
    """Ask for it, and say what the storage is called."""
    pool, folder, name = session.parsed.at_most(3)
    if not name:
        raise errors.UsageError(
            'import-filesystem requires a storage pool, a folder, and a storage name'
        )
    if not names.is_application(name):
        raise errors.UsageError(f'invalid storage name "{name}"')
    path = os.path.abspath(os.path.expanduser(folder))
    session.say(f'importing "{path}" from storage pool "{pool}" as storage "{name}"')
    found = session.ask('import_filesystem', pool=pool, folder=path, name=name)
    session.say(f'imported storage {found["storage"]}')
    return 0
