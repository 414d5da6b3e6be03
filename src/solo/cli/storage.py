"""``storage``: the storage instances of the model."""

from __future__ import annotations

from .. import formats
from . import session, status_tabular, table

COMMAND = table.command('storage', '', '', *table.formats('tabular', 'json', 'yaml'), table.UTC)


def run(session: session.Session) -> int:
    """Print the storage, as a table by default."""
    session.parsed.at_most(0)
    found = session.ask('storage', utc=session.flags['utc'])
    if not found or not found.get('storage'):
        session.say('No storage to display.')
    elif session.flags['format'] == 'tabular':
        session.write(status_tabular.storage_text(found, color=False))
    else:
        session.write(formats.text(found, session.flags['format']))
    return 0
