"""``models``: the models that there are."""

from __future__ import annotations

from typing import Any

from .. import flags, folders, formats
from . import arguments, output, session, table

COMMAND = table.command(
    'models',
    '',
    '',
    *table.formats('tabular', 'json', 'yaml'),
    flags.Flag(('all',), 'bool', help='List all models, regardless of user accessibility'),
    flags.Flag(('uuid',), 'bool', help='Display UUID for models'),
    flags.Flag(('c', 'controller'), help='Controller to operate in'),
    flags.Flag(('exact-time',), 'bool', help='Accepted for Juju: who asks is there just now'),
    flags.Flag(('user',), help='The user to list models for'),
    table.UTC,
    model=False,
)


def run(session: session.Session) -> int:
    """Print the models; a star marks the current one."""
    session.parsed.at_most(0)
    arguments.check_controller(session.flags['controller'])
    found: dict[str, Any] = session.call('models', utc=session.flags['utc'])
    if session.flags['format'] != 'tabular':
        public = [
            {key: value for key, value in each.items() if not key.startswith('_')}
            for each in found['models']
        ]
        session.write(formats.text({**found, 'models': public}, session.flags['format']))
        return 0
    rows = [_heading(uuid=session.flags['uuid'])]
    rows += [
        _row(each, found.get('current-model', ''), uuid=session.flags['uuid'])
        for each in found['models']
    ]
    right = (4, 5) if not session.flags['uuid'] else (5, 6)
    session.write(f'Controller: {folders.controller_name()}\n\n' + output.table(rows, right=right))
    return 0


def _heading(*, uuid: bool) -> list[str]:
    columns = ['Model', 'Cloud/Region', 'Type', 'Status', 'Machines', 'Units', 'Access']
    return [columns[0], *(['UUID'] if uuid else []), *columns[1:], 'Last connection']


def _row(model: dict[str, Any], current: str, *, uuid: bool) -> list[str]:
    name = model['short-name']
    machines: dict[str, Any] = model.get('machines', {})
    return [
        f'{name}*' if name == current else name,
        *([model['model-uuid']] if uuid else []),
        f'{model["cloud"]}/{model.get("region", "")}',
        model.get('type', ''),
        model.get('status', {}).get('current', ''),
        str(len(machines)),
        str(model.get('_units', 0) or '-'),
        'admin',
        'just now',
    ]
