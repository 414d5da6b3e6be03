"""``spaces``: the one network space that there is."""

from __future__ import annotations

from .. import flags, formats
from . import output, session, table

COMMAND = table.command(
    'spaces',
    '',
    '',
    *table.formats('tabular', 'json', 'yaml'),
    flags.Flag(('short',), 'bool', help='Only display spaces'),
)


def run(session: session.Session) -> int:
    """Print the space. Source: juju: cmd/juju/space/list.go."""
    session.parsed.at_most(0)
    session.ask('models')  # there is a model to speak of
    if session.flags['format'] != 'tabular':
        alpha = {'id': '0', 'name': 'alpha', 'subnets': dict[str, str]()}
        found: object = {'spaces': [alpha]}
        if session.flags['short']:
            found = {'spaces': ['alpha']}
        session.write(formats.text(found, session.flags['format']))
    elif session.flags['short']:
        session.write('Space\nalpha\n')
    else:
        session.write(output.table([('Name', 'Space ID', 'Subnets'), ('alpha', '0', '')]))
    return 0
