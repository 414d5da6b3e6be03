"""``cancel-task``: end tasks that wait or run."""

from __future__ import annotations

from .. import errors, formats
from . import session, table, watched

COMMAND = table.command(
    'cancel-task',
    '<task-id> [...]',
    'A task that waits is cancelled; one that runs is killed, and is then "aborted".',
    *table.formats('yaml', 'json'),
)


def run(session: session.Session) -> int:
    """Ask for it, and print what became of each."""
    numbers = [str(watched.number(text, 'task')) for text in session.args]
    if not numbers:
        raise errors.UsageError('no task IDs specified')
    result = session.ask('cancel_task', tasks=numbers)
    if result['done']:
        done = {'actions': [each['result'] for each in result['done']]}
        session.write(formats.text(done, session.flags['format']))
    if result['failed']:
        faults = [f'task: {each["name"]}, error: {each["error"]}' for each in result['failed']]
        listed = '\n'.join(faults)
        raise errors.Error(f'The following tasks could not be canceled:\n{listed}')
    return 0
