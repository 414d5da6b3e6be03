"""``actions``: what an application's charm can be asked to do."""

from __future__ import annotations

from typing import Any

from .. import errors, flags, formats
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
    if not application:
        raise errors.UsageError('no application specified')
    found: dict[str, dict[str, Any]] = session.ask('actions', application=application) or {}
    style = session.flags['format']
    if not found and style in ('default', 'tabular'):
        session.say(f'No actions defined for {application}.')
    elif session.flags['schema']:
        session.write(formats.text(found, 'json' if style == 'json' else 'yaml'))
    elif style in ('json', 'yaml'):
        described = {name: each.get('description', '') for name, each in found.items()}
        session.write(formats.text(described, style))
    else:
        rows = [[name, _first_line(found[name])] for name in sorted(found)]
        session.write(output.table([['Action', 'Description'], *rows]))
    return 0


def _first_line(action: dict[str, Any]) -> str:
    return str(action.get('description') or 'No description').strip().partition('\n')[0]
