"""``actions``: what an application's charm can be asked to do.

Source: juju: cmd/juju/action/list.go.
"""

from __future__ import annotations

from typing import Any

from .. import errors, flags, formats, names
from . import output, session, table

COMMAND = table.command(
    'actions',
    '<application>',
    '',
    *table.formats('default', 'json', 'tabular', 'yaml'),
    flags.Flag(('schema',), 'bool', help='Display the full action schema'),
)


def run(session: session.Session) -> int:
    """Print the actions with their descriptions."""
    application, *_ = session.parsed.at_most(1)
    style = session.flags['format']
    if style == 'tabular' and session.flags['schema']:
        raise errors.UsageError('full schema not compatible with tabular output')
    if not application:
        raise errors.UsageError('no application name specified')
    found: dict[str, dict[str, Any]] = session.ask('actions', application=application) or {}
    if session.flags['schema']:
        schemas = {name: _schema(each) for name, each in found.items()}
        session.write(formats.text(schemas, 'json' if style == 'json' else 'yaml'))
    elif not found and style in ('default', 'tabular'):
        session.say(f'No actions defined for {application}.')
    elif style in ('json', 'yaml'):
        described = {name: each.get('description', '') for name, each in found.items()}
        session.write(formats.text(described, style))
    else:
        rows = [
            row for name in sorted(found, key=names.natural) for row in _rows(name, found[name])
        ]
        session.write(output.table([['Action', 'Description'], *rows]))
    return 0


def _rows(name: str, action: dict[str, Any]) -> list[list[str]]:
    """Return a line for each of the description's."""
    lines = str(action.get('description') or 'No description').strip().splitlines()
    return [['' if index else name, line] for index, line in enumerate(lines)]


def _schema(action: dict[str, Any]) -> dict[str, Any]:
    """Return an action as Juju keeps it: a JSON schema. Source: juju/charm: actions.go."""
    return {
        'title': action['name'],
        'description': action['description'],
        'type': 'object',
        'properties': action['params'],
        **({'required': action['required']} if action['required'] else {}),
        **({} if action['additional'] else {'additionalProperties': False}),
    }
