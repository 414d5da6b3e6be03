"""``show-storage``: the facts about storage instances."""

from __future__ import annotations

from .. import errors, formats
from . import session, table

COMMAND = table.command(
    'show-storage',
    '<storage ID> [...]',
    '',
    *table.formats('yaml', 'json'),
    table.UTC,
)


def run(session: session.Session) -> int:
    """Print the instances."""
    if not session.args:
        raise errors.UsageError('must specify storage id(s)')
    found = session.ask('show_storage', storage=list(session.args), utc=session.flags['utc'])
    session.write(formats.text(found, session.flags['format']))
    return 0
