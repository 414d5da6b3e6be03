"""``model-constraints``: what a model asks of its machines."""

from __future__ import annotations

from .. import constraints, formats
from . import session, table

COMMAND = table.command('model-constraints', '', '', *table.formats('constraints', 'json', 'yaml'))


def run(session: session.Session) -> int:
    """Print the constraints."""
    session.parsed.at_most(0)
    found = session.ask('constraints')
    style = session.flags['format']
    session.write(
        f'{constraints.text(found)}\n' if style == 'constraints' else formats.text(found, style)
    )
    return 0
