"""``resources``: the files that an application has."""

from __future__ import annotations

from typing import Any

from .. import errors, formats
from . import output, session, table

COMMAND = table.command(
    'resources', '<application>', '', *table.formats('tabular', 'json', 'yaml')
)


def run(session: session.Session) -> int:
    """Print the resources, as a table by default."""
    application, *_ = session.parsed.at_most(1)
    if not application:
        raise errors.UsageError('missing application name')
    found: dict[str, list[dict[str, Any]]] = session.ask('resources', application=application)
    if session.flags['format'] != 'tabular':
        session.write(formats.text(found, session.flags['format']))
    elif not found:
        session.say('No resources to display.')
    else:
        rows = [[each['name'], each['username'], each['revision']] for each in found['resources']]
        session.write(output.table([['Resource', 'Supplied by', 'Revision'], *rows]))
    return 0
