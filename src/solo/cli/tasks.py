"""What ``run`` and ``exec`` share: wait for tasks, show their results, judge them.

Source: juju: cmd/juju/action/common.go.
"""

from __future__ import annotations

import time
from typing import Any

from .. import errors, flags, formats, names, wire
from . import session, table

OPTIONS = (
    *table.formats('plain', 'json', 'yaml'),
    flags.Flag(('wait',), help='Maximum wait time for a task to complete, such as 90s'),
    flags.Flag(('background',), 'bool', help='Run the task in the background'),
    table.UTC,
)
_OWN_KEYS = ('return-code', 'stdout', 'stderr', 'stdout-encoding', 'stderr-encoding')
_PENDING = ('pending', 'running', 'aborting', '')


class Log:
    """Shows the lines of ``action-log`` while an action runs, each with its time."""

    def __init__(self, session: session.Session) -> None:
        self._session = session
        self._shown = False

    def show(self, event: wire.Json) -> None:
        """Show a line."""
        if 'log' in event:
            zone = time.gmtime if self._session.flags['utc'] else time.localtime
            moment = time.strftime('%H:%M:%S', zone(event['time']))
            self._session.say(f'{moment} {event["log"]}')
            self._shown = True

    def end(self) -> None:
        """Set what follows a bit apart."""
        if self._shown:
            self._session.say('')


def is_pending(found: dict[str, Any]) -> bool:
    """Tell whether a task or an operation has not ended yet."""
    return found.get('status', '') in _PENDING


def follow(
    session: session.Session,
    queued: dict[str, Any],
    timeout: float,
    *,
    talk: bool,
    bare: bool = False,
) -> int:
    """Show what became of the tasks that were *queued*.

    Args:
        session: The verb's session, with the flags of :data:`OPTIONS`.
        queued: The controller's answer to ``run`` or ``exec``.
        timeout: Seconds to wait for the results; negative is for ever.
        talk: Whether to tell which tasks there are.
        bare: As for :func:`show`.

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
    log = Log(session)
    found: dict[str, Any] = session.ask(
        'task_wait', log.show, tasks=[int(task) for task in tasks], timeout=timeout
    )
    log.end()
    done = {
        tasks[task]: result
        for task, result in found.items()
        if task in tasks and not is_pending(result)
    }
    late = [_target(receiver) for receiver in tasks.values() if receiver not in done]
    if late and not done:
        raise errors.Error(f'timed out waiting for results from: {", ".join(late)}')
    session.write(show(done, session.flags['format'], bare=bare))
    if late:
        raise errors.Error(f'timed out waiting for results from: {", ".join(late)}')
    judge(done)
    return 0


def show(results: dict[str, Any], style: str, *, bare: bool = False) -> str:
    """Return *results* by receiver.

    Args:
        results: The tasks as the controller tells them.
        style: ``plain``, ``yaml`` or ``json``.
        bare: Whether plain is only what was printed, as ``exec`` has it.
    """
    if style != 'plain':
        return formats.text(results, style)
    if bare:
        return _printed(results)
    if len(results) > 1:
        return formats.yaml({receiver: _brief(result) for receiver, result in results.items()})
    return ''.join(_plain(result) for result in results.values())


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


def _printed(results: dict[str, Any]) -> str:
    """Return the streams of each receiver. Source: juju: cmd/juju/action/exec.go."""
    texts: list[str] = []
    for receiver in sorted(results, key=names.natural):
        found = results[receiver].get('results', {})
        text = ''.join(
            each if each.endswith('\n') else f'{each}\n'
            for each in (found.get('stdout'), found.get('stderr'))
            if each
        )
        texts.append(text if len(results) == 1 else f'{receiver}:\n{text}\n')
    return ''.join(texts)


def _brief(result: dict[str, Any]) -> dict[str, Any]:
    """Return what stands for one of several results."""
    told = {key: result[key] for key in ('id', 'message', 'status') if key in result}
    return {**told, 'output': _output(result)}


def _plain(result: dict[str, Any]) -> str:
    text = f'{_output(result)}\n'
    if result['status'] == 'failed':
        text = f'Action id {result["id"]} failed: {result.get("message", "")}\n{text}'
    streams = [result.get('results', {}).get(name) for name in ('stdout', 'stderr')]
    return text + ''.join(each.strip('\n') + '\n' for each in streams if each)


def _output(result: dict[str, Any]) -> str:
    """Return what the action has set, as YAML."""
    if 'results' not in result:
        return f'Task {result["id"]} {result["status"]}\n'
    values = {key: value for key, value in result['results'].items() if key not in _OWN_KEYS}
    return formats.yaml(values) if values else ''


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
