"""``resources``: the files that an application has, and each of its units with it."""

from __future__ import annotations

from typing import Any

from .. import errors, flags, formats, names
from . import output, session, table

COMMAND = table.command(
    'resources',
    '<application or unit>',
    '',
    *table.formats('tabular', 'json', 'yaml'),
    flags.Flag(('details',), 'bool', help='Accepted for Juju: units have what is shown'),
)


def run(session: session.Session) -> int:
    """Print the resources, as a table by default."""
    given, *_ = session.parsed.at_most(1)
    if not given:
        raise errors.UsageError('missing application name')
    application = given
    if names.is_unit(given):
        application = names.unit(given).application
        session.ask('show_unit', unit=given)  # which says if there is none
    found: dict[str, list[dict[str, Any]]] = session.ask('resources', application=application)
    if not found:
        session.say('No resources to display.')
    elif session.flags['format'] != 'tabular':
        # Those of a unit are a list. Source: juju: cmd/juju/resource/list.go.
        shown = found if application == given else found['resources']
        session.write(formats.text(shown, session.flags['format']))
    elif application != given:
        rows = [[each['name'], each['revision']] for each in found['resources']]
        session.write(output.table([['Resource', 'Revision'], *rows]))
    else:
        rows = [[each['name'], each['username'], each['revision']] for each in found['resources']]
        session.write(output.table([['Resource', 'Supplied by', 'Revision'], *rows]))
    return 0
