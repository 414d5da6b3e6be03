"""``show-controller``: the controller of this data directory, with its models."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from .. import flags, folders, formats, juju
from . import arguments, session, table

COMMAND = table.command(
    'show-controller',
    '[<controller name> ...]',
    '',
    *table.formats('yaml', 'json'),
    flags.Flag(('show-password',), 'bool', help='Accepted for Juju: there is no password'),
    model=False,
)


def run(session: session.Session) -> int:
    """Print the facts about it. Source: juju: cmd/juju/controller/showcontroller.go."""
    for name in session.args:
        arguments.check_controller(name)
    about = session.call('controller_info')
    found = session.call('models')
    models: dict[str, Any] = {
        f'{juju.USER}/{each["short-name"]}': {
            'model-uuid': each['model-uuid'],
            'machine-count': len(each.get('machines', {})),
            'unit-count': each.get('_units', 0),
        }
        for each in found['models']
    }
    details: dict[str, Any] = {
        'controller-uuid': found['models'][0]['controller-uuid'] if found['models'] else '',
        'api-endpoints': [str(folders.socket(Path(about['data'])))],
        'cloud': juju.CLOUD,
        'region': juju.CLOUD,
        'agent-version': juju.JUJU_VERSION,
        'controller-model-version': juju.JUJU_VERSION,
    }
    shown: dict[str, Any] = {
        'details': details,
        'account': {'user': juju.USER, 'access': 'superuser'},
        'models': models,
    }
    if found.get('current-model'):
        shown['current-model'] = f'{juju.USER}/{found["current-model"]}'
    session.write(formats.text({folders.controller_name(): shown}, session.flags['format']))
    return 0
