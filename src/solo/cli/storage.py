"""``storage``: the storage instances of the model."""

from __future__ import annotations

from typing import Any

from .. import errors, flags, formats
from . import session, status_tabular, table

COMMAND = table.command(
    'storage',
    '',
    '',
    *table.formats('tabular', 'json', 'yaml'),
    flags.Flag(('filesystem',), 'bool', help='List filesystem storage'),
    flags.Flag(('volume',), 'bool', help='List volume storage: there is none here'),
    table.UTC,
)


def run(session: session.Session) -> int:
    """Print the storage, as a table by default."""
    session.parsed.at_most(0)
    only = [key for key in ('filesystem', 'volume') if session.flags[key]]
    if len(only) > 1:
        raise errors.UsageError('--filesystem and --volume can not be used together')
    found: dict[str, Any] = session.ask('storage', utc=session.flags['utc']) or {}
    if only:
        found = {key: each for key, each in found.items() if key == f'{only[0]}s'}
    if not any(found.values()):
        session.say('No storage to display.')
    elif session.flags['format'] == 'tabular' and only:
        session.write(status_tabular.filesystems_text(found['filesystems']))
    elif session.flags['format'] == 'tabular':
        session.write(status_tabular.storage_text(found, color=False))
    else:
        session.write(formats.text(found, session.flags['format']))
    return 0
