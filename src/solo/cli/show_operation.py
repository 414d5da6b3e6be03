"""``show-operation``: an operation with all its tasks."""

from __future__ import annotations

from typing import Any

from .. import errors, formats
from . import session, table, tasks, watched

COMMAND = table.command(
    'show-operation',
    '<operation-id>',
    'Without --wait and --watch what is known now is shown.',
    *table.formats('yaml', 'json'),
    *watched.OPTIONS,
    table.UTC,
)


def run(session: session.Session) -> int:
    """Print the operation, once all its tasks have ended or as it is."""
    text, *_ = session.parsed.at_most(1)
    number = watched.number(text, 'operation')
    timeout = watched.timeout(session.parsed)
    found = _operation(session, number)
    waited = [int(task) for task in found.get('tasks', {})]
    if timeout != 0 and tasks.is_pending(found) and waited:
        session.ask('task_wait', tasks=waited, timeout=timeout)
        found = _operation(session, number)
        if tasks.is_pending(found):
            raise errors.Error('timeout reached')
    session.write(formats.text(found, session.flags['format']))
    return 0


def _operation(session: session.Session, number: int) -> dict[str, Any]:
    return session.ask('operations', number=number)[str(number)]
