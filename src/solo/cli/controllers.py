"""``controllers``: the one controller of this data directory."""

from __future__ import annotations

from typing import Any

from .. import flags, folders, formats, juju
from . import output, session, table

_HEADING = (
    'Controller',
    'Model',
    'User',
    'Access',
    'Cloud/Region',
    'Models',
    'Nodes',
    'HA',
    'Version',
)
COMMAND = table.command(
    'controllers',
    '',
    '',
    *table.formats('tabular', 'json', 'yaml'),
    flags.Flag(('refresh',), 'bool', help='Accepted for Juju: what is shown is always fresh'),
    flags.Flag(('managed',), 'bool', help='Accepted for Juju, without effect'),
    model=False,
)


def run(session: session.Session) -> int:
    """Print the controller."""
    session.parsed.at_most(0)
    found = session.call('models')
    current = found.get('current-model', '')
    details: dict[str, Any] = {
        'current-model': f'{juju.USER}/{current}',
        'user': juju.USER,
        'access': 'superuser',
        'recent-server': '',
        'uuid': found['models'][0]['controller-uuid'] if found['models'] else '',
        'cloud': juju.CLOUD,
        'region': juju.CLOUD,
        'agent-version': juju.JUJU_VERSION,
        'model-count': len(found['models']),
        'machine-count': sum(len(each.get('machines', {})) for each in found['models']),
    }
    if session.flags['format'] != 'tabular':
        value = {
            'controllers': {folders.controller_name(): details},
            'current-controller': folders.controller_name(),
        }
        session.write(formats.text(value, session.flags['format']))
        return 0
    row = [
        f'{folders.controller_name()}*',
        current or '-',
        juju.USER,
        'superuser',
        f'{juju.CLOUD}/{juju.CLOUD}',
        str(details['model-count']),
        str(details['machine-count']),
        '-',
        juju.JUJU_VERSION,
    ]
    session.write(output.table([_HEADING, row], right=(5, 6, 7)))
    return 0
