"""``show-application``: the facts about some applications."""

from __future__ import annotations

from typing import Any

from .. import errors, formats, names
from . import session, table

COMMAND = table.command(
    'show-application', '<application name or alias> ...', '', *table.formats('yaml', 'json')
)


def run(session: session.Session) -> int:
    """Print the facts."""
    if not session.args:
        raise errors.UsageError('an application name must be supplied')
    found: dict[str, Any] = {}
    for name in session.args:
        if not names.is_application(name):
            raise errors.UsageError(f'application name "{name}" not valid')
        found.update(session.ask('show_application', application=name))
    session.write(formats.text(found, session.flags['format']))
    return 0
