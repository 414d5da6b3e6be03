"""What ``run`` and ``exec`` share: wait for tasks, show their results, judge them.

Source: juju: cmd/juju/action/common.go.
"""

from __future__ import annotations

from typing import Any

from .. import errors, flags, formats
from . import session, table

OPTIONS = (
    *table.formats('plain', 'json', 'yaml'),
    flags.Flag(('wait',), help='Maximum wait time for a task to complete, such as 90s'),
    flags.Flag(('background',), 'bool', help='Run the task in the background'),
    table.UTC,
)
_PENDING = ('pending', 'running', 'aborting', '')


def is_pending(found: dict[str, Any]) -> bool:
    """Tell whether a task or an operation has not ended yet."""
    return found.get('status', '') in _PENDING


def follow(session: session.Session, queued: dict[str, Any], timeout: float, talk: bool) -> int:
    """Show what became of the tasks that were *queued*.

    Args:
        session: The verb's session, with the flags of :data:`OPTIONS`.
        queued: The controller's answer to ``run`` or ``exec``.
        timeout: Seconds to wait for the results; negative is for ever.
        talk: Whether to tell which tasks there are.

    Raises:
        Error: If a task failed with a return code, or time is up.
    """
    operation = queued['operation']
    tasks = {str(task['id']): str(task['unit']) for task in queued['tasks']}
    faults: list[Any] = list(queued.get('errors') or ())
    if not tasks:
        session.say(f'Operation {operation} failed to schedule any tasks:\n' + _lines(faults))
        return 0
    if faults:
        session.say(
            f'Operation {operation} failed to schedule {len(faults)} tasks:\n{_lines(faults)}'
        )
    if session.flags['background']:
        _background(session, operation, tasks)
        return 0
    if talk:
        _announce(session, operation, tasks)
    found: dict[str, Any] = session.ask(
        'task_wait', session.progress, tasks=[int(task) for task in tasks], timeout=timeout
    )
    done = {
        tasks[task]: result
        for task, result in found.items()
        if task in tasks and not is_pending(result)
    }
    late = [_target(receiver) for receiver in tasks.values() if receiver not in done]
    if late and not done:
        raise errors.Error(f'timed out waiting for results from: {", ".join(late)}')
    session.write(show(done, session.flags['format']))
    if late:
        raise errors.Error(f'timed out waiting for results from: {", ".join(late)}')
    judge(done)
    return 0


def show(results: dict[str, Any], style: str) -> str:
    """Return *results*, by receiver, in *style*: ``plain``, ``yaml`` or ``json``."""
    if style != 'plain':
        return formats.text(results, style)
    outputs = {receiver: _plain(result) for receiver, result in results.items()}
    if len(outputs) == 1:
        return ''.join(outputs.values()) + '\n'
    return formats.yaml(
        {
            receiver: {
                'id': results[receiver]['id'],
                'status': results[receiver]['status'],
                'output': output,
            }
            for receiver, output in outputs.items()
        }
    )


def judge(results: dict[str, Any]) -> None:
    """Raise if a task ended with a return code of 1 or more; ``action-fail`` alone is success.

    Raises:
        Error: With Juju's list of the tasks that failed.
    """
    codes = {
        str(result['id']): int(result.get('results', {}).get('return-code', 0))
        for result in results.values()
    }
    failed = [
        f' - id "{task}" with return code {code}' for task, code in codes.items() if code > 0
    ]
    if failed:
        plural = '' if len(failed) == 1 else 's'
        listed = '\n'.join(failed)
        raise errors.Error(
            f'the following task{plural} failed:\n{listed}\n\n'
            f"use 'juju show-task' to inspect the failure{plural}\n"
        )


def _plain(result: dict[str, Any]) -> str:
    values = dict(result.get('results') or {})
    streams = [str(values.pop(name, '')) for name in ('stdout', 'stderr')]
    values.pop('return-code', None)
    parts: list[str] = []
    if result['status'] != 'completed':
        cause = f': {result["message"]}' if result.get('message') else ''
        parts.append(f'Action id {result["id"]} {result["status"]}{cause}\n')
    if values:
        parts.append(formats.yaml(values))
    return ''.join([*parts, *streams])


def _announce(session: session.Session, operation: object, tasks: dict[str, str]) -> None:
    count = len(tasks)
    session.say(f'Running operation {operation} with {count} task{"" if count == 1 else "s"}')
    for task, receiver in tasks.items():
        kind = 'unit' if '/' in receiver else 'machine'
        session.say(f'  - task {task} on {kind}-{receiver.replace("/", "-")}')
    session.say('')
    for task in tasks:
        session.say(f'Waiting for task {task}...')


def _background(session: session.Session, operation: object, tasks: dict[str, str]) -> None:
    if len(tasks) == 1:
        session.say(f'Scheduled operation {operation} with task {next(iter(tasks))}')
    else:
        session.say(f'Scheduled operation {operation} with {len(tasks)} tasks')
        for task, receiver in tasks.items():
            session.say(f'  - task {task} on {_target(receiver)}')


def _target(receiver: str) -> str:
    return f'unit {receiver}' if '/' in receiver else f'machine {receiver}'


def _lines(faults: list[Any]) -> str:
    return '\n'.join(str(fault) for fault in faults)
