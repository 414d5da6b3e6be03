"""What people ask of a unit by name: its actions, and ``juju-exec``.

Source: juju: internal/worker/uniter/operation/runaction.go, runcommands.go.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

from .. import errors, model
from ..hookcmds import context as contexts
from . import debugging, environment, executing, runner


def run_action(executor: executing.Executor, row: int) -> None:
    """Run the action of the task with that row, and store its outcome."""
    api = executor.api
    local, snapshot = api.snapshot(executor.id)
    task = api.task(row)
    context = contexts.Context(api, executor.unit, local, snapshot, task=task, task_row=row)
    running = model.Running('action', None, row, None, None)
    timeout: float | None = None
    session: debugging.Session | None = None
    try:
        if task.name == 'juju-exec':
            argv = ['/bin/bash', '-c', str(task.params['command'])]
            timeout = task.params.get('timeout')
        else:
            program = runner.program(executor.place.charm, 'actions', task.name)
            session = debugging.find(executor.place, executor.unit.name, task.name, program)
            if program is None and session is None:
                raise errors.Error(f'action not implemented on unit "{executor.unit.name}"')
            argv = [str(program.path)] if program else []
    except errors.Error as error:
        api.task_finished(row, 'failed', str(error), {})
        return
    outcome = executor.run(
        context,
        task.name,
        argv,
        environment.of_action(task),
        running,
        f'running action {task.name}',
        keep=True,
        timeout=timeout,
        session=session,
    )
    status, message = 'completed', ''
    if context.action_failure is not None:
        status, message = 'failed', context.action_failure
    if outcome.code != 0:
        status, message = 'failed', outcome.reason
    results = {**context.action_results, **outcome.results()}
    try:
        writes = context.writes() if outcome.code == 0 else model.Writes()
        finished = model.Finished(row, status, message, results)
        api.commit(executor.id, noted(local, context), writes, finished=finished)
    except errors.Error as error:
        outcome = outcome._replace(code=1, stderr=outcome.stderr + f'{error}\n'.encode())
        results = {**context.action_results, **outcome.results()}
        # Before the running mark goes: a kill in between leaves no action that never ends.
        api.task_finished(row, 'failed', str(error), results)
        api.save(executor.id, noted(local, context))


def run_commands(
    executor: executing.Executor, commands: model.Commands, begun: Callable[[], None]
) -> tuple[runner.Outcome, contexts.Context | None]:
    """Run a ``juju-exec`` and apply its writes, whatever its exit code (contract 1.7).

    Args:
        executor: What runs it.
        commands: The script and its relation.
        begun: Called when nothing can stop it any more.

    Returns:
        How it ended, and its context once its writes are true, else None.
    """
    api = executor.api
    local, snapshot = api.snapshot(executor.id)
    context = contexts.Context(api, executor.unit, local, snapshot, commands=commands)
    added: dict[str, str] = {}
    if commands.relation is not None:
        view = snapshot.relations[commands.relation]
        added = environment.of_relation(
            view.endpoint,
            view.id,
            commands.remote_app or view.remote_app,
            commands.remote_unit or '',
        )
    begun()
    outcome = executor.run(
        context,
        'run-commands',
        ['/bin/bash', '-c', commands.script],
        added,
        model.Running('commands', None, None, None, None),
        'running commands',
        keep=True,
    )
    try:
        api.commit(executor.id, noted(local, context), context.writes())
    except errors.Error as error:
        api.save(executor.id, local)
        message = f'ERROR {error}\n'.encode()
        refused = outcome._replace(code=outcome.code or 1, stderr=outcome.stderr + message)
        return refused, None
    return outcome, context


def noted(local: model.LocalState, context: contexts.Context) -> model.LocalState:
    """Keep that the charm set a status: that is at once, whether or not the hook fails."""
    if not context.status_set:
        return local
    return dataclasses.replace(local, status_set=True)
