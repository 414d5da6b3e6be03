"""``show-task``: what one task said."""

from __future__ import annotations

from .. import errors, formats
from . import session, table, tasks, watched

COMMAND = table.command(
    'show-task',
    '<task ID>',
    'Without --wait and --watch what is known now is shown.',
    *table.formats('plain', 'json', 'yaml'),
    *watched.OPTIONS,
    table.UTC,
)


def run(session: session.Session) -> int:
    """Print the task, once it has ended or as it is."""
    text, *_ = session.parsed.at_most(1)
    number = watched.number(text, 'task')
    timeout = watched.timeout(session.parsed)
    log = tasks.Log(session)
    found = session.ask('task_wait', log.show, tasks=[number], timeout=timeout)
    log.end()
    task = found[str(number)]
    if timeout and tasks.is_pending(task):
        raise errors.Error('timeout reached')
    if session.flags['format'] == 'plain':
        session.write(tasks.show({str(number): task}, 'plain'))
    else:
        session.write(formats.text(task, session.flags['format']))
    return 0
