"""``show-action``: what one action does, and its arguments."""

from __future__ import annotations

from typing import Any

from .. import errors, formats
from . import session, table

COMMAND = table.command('show-action', '<application> <action>')


def run(session: session.Session) -> int:
    """Print the description and the arguments."""
    application, name = session.parsed.at_most(2)
    if not application:
        raise errors.UsageError('no application specified')
    if not name:
        raise errors.UsageError('no action specified')
    actions: dict[str, dict[str, Any]] = session.ask('actions', application=application)
    if name not in actions:
        raise errors.Error(f'unknown action "{name}"')
    action = actions[name]
    session.write(f'{str(action["description"]).rstrip()}\n')
    if action.get('params'):
        session.write('\nArguments\n' + formats.yaml(action['params']))
    else:
        session.write('\nNo arguments\n')
    return 0
