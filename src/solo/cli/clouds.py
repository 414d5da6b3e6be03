"""``clouds``: the one cloud that there is, this machine."""

from __future__ import annotations

from .. import flags, formats, juju
from . import output, session, table

COMMAND = table.command(
    'clouds',
    '',
    '',
    *table.formats('tabular', 'json', 'yaml'),
    flags.Flag(('all',), 'bool', help='Accepted for Juju: there is one cloud'),
    flags.Flag(('client',), 'bool', help='Accepted for Juju: there is one cloud'),
    flags.Flag(('c', 'controller'), help='Accepted for Juju: there is one controller'),
    model=False,
)
_DESCRIPTION = 'Folders and namespaces of this machine'


def run(session: session.Session) -> int:
    """Print the cloud."""
    session.parsed.at_most(0)
    if session.flags['format'] != 'tabular':
        cloud: dict[str, object] = {
            'defined': 'built-in',
            'type': 'local',
            'description': _DESCRIPTION,
            'auth-types': ['empty'],
            'regions': {juju.CLOUD: dict[str, str]()},
        }
        session.write(formats.text({juju.CLOUD: cloud}, session.flags['format']))
        return 0
    heading = ('Cloud', 'Regions', 'Default', 'Type', 'Credentials', 'Source', 'Description')
    row = (juju.CLOUD, '1', juju.CLOUD, 'local', '0', 'built-in', _DESCRIPTION)
    session.write(output.table([heading, row], right=(1, 4)))
    return 0
