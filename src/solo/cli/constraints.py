"""``constraints``: what an application asks of its machines."""

from __future__ import annotations

from .. import constraints, errors, formats
from . import session, table

COMMAND = table.command(
    'constraints', '<application>', '', *table.formats('constraints', 'json', 'yaml')
)


def run(session: session.Session) -> int:
    """Print the constraints."""
    application, *_ = session.parsed.at_most(1)
    if not application:
        raise errors.UsageError('no application name specified')
    found = session.ask('constraints', application=application)
    style = session.flags['format']
    session.write(
        f'{constraints.text(found)}\n' if style == 'constraints' else formats.text(found, style)
    )
    return 0
