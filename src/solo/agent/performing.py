"""Do what the resolver decided for one unit: the thin side of the agent.

Before a process starts, "running" is in the database, and its end is one transaction with what it
wrote; so a kill at any instant leaves one of Juju's two cases.

Source: juju: internal/worker/uniter/operation/runhook.go, runaction.go, runcommands.go, deploy.go.
"""

from __future__ import annotations

import dataclasses
import functools
import logging
import random
import secrets
import shutil
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from .. import errors, model, processes
from ..hookcmds import context as contexts
from ..hookcmds import table
from . import (
    environment,
    operations,
    places,
    resolver,
    runner,
    sockets,
    tools,
    transitions,
    unpack,
)
from .api import Api

logger = logging.getLogger(__name__)

_STATUS_BEFORE = {
    'stop': ('maintenance', 'stopping charm software'),
    'remove': ('maintenance', 'cleaning up prior to charm deletion'),
}
_STATUS_AFTER = {'stop': ('maintenance', ''), 'remove': ('terminated', '')}


class Lost(Exception):  # noqa: N818 - nothing of ours went wrong
    """The machine has lost its power while something ran: it stays recorded as running."""


class Performer:
    """One unit's agent, without a thread of its own.

    Args:
        api: The controller.
        unit: The unit's row.
        data: The data directory.
        spawn: Starts a process on the unit's machine.
        doors: Where the commands of a running hook connect.
        is_lost: Tells whether the machine has lost its power.
    """

    def __init__(
        self,
        api: Api,
        unit: int,
        data: Path,
        spawn: runner.Spawn,
        doors: sockets.Doors,
        is_lost: Callable[[], bool] = lambda: False,
    ) -> None:
        self.api = api
        self.id = unit
        self.unit = api.unit(unit)
        self.place = places.of(data, self.unit)
        self._spawn = spawn
        self._doors = doors
        self._is_lost = is_lost

    def recover(self) -> None:
        """Count what ran when the controller died as pending or failed, and end its process."""
        tools.install(self.place)
        running = self.api.running(self.id)
        if running is None:
            return
        if running.pid is not None:
            processes.end(running.pid, running.started)
        local, _ = self.api.snapshot(self.id)
        if running.hook is not None:
            local = transitions.interrupted(local, running.hook)
        if running.task is not None:
            self.api.task_finished(running.task, 'failed', 'action terminated', {})
        self.api.save(self.id, local)

    def step(self, commands: tuple[model.Commands, ...]) -> operations.Operation:
        """Look at the world, do the one thing that is next, and return what it was.

        Args:
            commands: The ``juju-exec`` calls that wait, oldest first.
        """
        local, snapshot = self.api.snapshot(self.id)
        snapshot = dataclasses.replace(snapshot, commands=commands)
        operation = resolver.next_operation(local, snapshot)
        if isinstance(operation, operations.Idle):
            self.api.agent_status(self.id, 'idle', '', {})
        elif isinstance(operation, operations.Wait):
            if local.pending is not None and local.attempts:
                self._report(local.pending)  # an action or a juju-exec may have run meanwhile
        elif isinstance(operation, operations.Unpack):
            self._unpack(local, snapshot, operation)
        elif isinstance(operation, operations.RunHook):
            self._run_hook(local, snapshot, operation)
        elif isinstance(operation, operations.SkipHook):
            self._clear_resolved(snapshot)
            self.api.commit(
                self.id, transitions.committed(local, snapshot, operation), model.Writes()
            )
        elif isinstance(operation, operations.RunAction):
            self._run_action(local, snapshot, operation.task)
        elif isinstance(operation, operations.EnterScope):
            self.api.enter_scope(self.id, operation.relation)
        elif isinstance(operation, operations.LeaveScope):
            self.api.leave_scope(self.id, operation.relation)
        elif isinstance(operation, operations.DetachStorage):
            self.api.storage_detached(self.id, operation.storage)
        elif isinstance(operation, operations.Terminate):
            for folder in (self.place.agent, self.place.tools):
                shutil.rmtree(folder, ignore_errors=True)
            self.api.remove(self.id)
        elif isinstance(operation, (operations.AcceptLeadership, operations.ResignLeadership)):
            self.api.save(self.id, transitions.committed(local, snapshot, operation))
        return operation

    def run_commands(self, commands: model.Commands, begun: Callable[[], None]) -> runner.Outcome:
        """Run a ``juju-exec`` and apply its writes, whatever its exit code (contract 1.7).

        Args:
            commands: The script and its relation.
            begun: Called when nothing can stop it any more.
        """
        local, snapshot = self.api.snapshot(self.id)
        context = contexts.Context(self.api, self.unit, local, snapshot, commands=commands)
        added: dict[str, str] = {}
        if commands.relation is not None:
            view = snapshot.relations[commands.relation]
            added = environment.of_relation(
                view.endpoint,
                view.id,
                commands.remote_app or view.remote_app,
                commands.remote_unit or '',
            )
        running = model.Running('commands', None, None, None, None)
        begun()
        outcome = self._process(
            context,
            'run-commands',
            ['/bin/bash', '-c', commands.script],
            added,
            running,
            'running commands',
            keep=True,
        )
        try:
            self.api.commit(self.id, self._noted(local, context), context.writes())
        except errors.Error as error:
            self.api.save(self.id, local)
            message = f'ERROR {error}\n'.encode()
            return outcome._replace(code=outcome.code or 1, stderr=outcome.stderr + message)
        self._reboot(context)
        return outcome

    def _unpack(
        self, local: model.LocalState, snapshot: model.Snapshot, operation: operations.Unpack
    ) -> None:
        if local.charm is None:
            self.api.set_status(self.id, 'waiting', 'agent initialising', application=False)
        self._clear_resolved(snapshot)
        self.api.agent_status(self.id, 'executing', 'unpacking charm', {})
        try:
            prepared = self.api.charm_folder(operation.charm)
            unpack.unpack(prepared, self.place, self.api.charm_revision(operation.charm))
        except (errors.Error, OSError) as error:
            self._log('ERROR', 'uniter', f'cannot unpack the charm: {error}')
            self.api.save(self.id, self._failed(local, operation, snapshot.charm_modified))
            self.api.agent_status(self.id, 'error', str(error), {})
            return
        self.api.save(self.id, transitions.committed(local, snapshot, operation))

    def _run_hook(
        self, local: model.LocalState, snapshot: model.Snapshot, operation: operations.RunHook
    ) -> None:
        hook = operation.hook
        if hook.kind == 'relation-created' and hook.relation is not None:
            self.api.enter_scope(self.id, hook.relation)
        self._clear_resolved(snapshot)
        self._status_before(local, hook)
        is_quiet = hook.kind == 'update-status'
        running = model.Running('hook', hook, None, None, None)
        context = contexts.Context(self.api, self.unit, local, snapshot, hook=hook)
        try:
            program = runner.program(self.place.charm, 'hooks', hook.name)
        except errors.Error as error:
            self._hook_failed(local, operation, str(error), 'explicit')
            return
        if program is None:
            self._log('INFO', 'uniter.operation', f'skipped "{hook.name}" hook (missing)')
        else:
            storage = {view.id: view for view in snapshot.storage}
            outcome = self._process(
                context,
                hook.name,
                [str(program.path)],
                environment.of_hook(hook, storage.get(hook.storage or '')),
                running,
                '' if is_quiet else _running(hook),
            )
            local = self._noted(local, context)
            if outcome.terminated:
                self._log('INFO', 'uniter.operation', f'hook "{hook.name}" was terminated')
                again = transitions.terminated(local, hook)
                if context.reboot:
                    # This hook, and not `start`, is what the unit runs after the reboot.
                    self._reboot(context)
                    _, rebooted = self.api.snapshot(self.id)
                    again = dataclasses.replace(again, boot_id=rebooted.boot_id)
                self.api.save(self.id, again)
                return
            if outcome.code != 0:
                self._hook_failed(local, operation, outcome.reason, program.how)
                return
        how = program.how if program else 'missing'
        done = transitions.committed(local, snapshot, operation)
        try:
            self.api.commit(self.id, done, context.writes(), status=_status_after(done, hook))
        except errors.Error as error:
            self._hook_failed(local, operation, str(error), how)
            return
        if program is not None:
            self._log('INFO', 'uniter.operation', f'ran "{hook.name}" hook (via {how})')
        if hook.kind == 'update-status':
            self.api.update_status_ran(self.id)
        self._reboot(context)

    def _status_before(self, local: model.LocalState, hook: model.Hook) -> None:
        if hook.kind == 'install' and not local.status_set:
            self.api.set_status(
                self.id, 'maintenance', 'installing charm software', application=False
            )
        if hook.kind in _STATUS_BEFORE:
            self.api.set_status(self.id, *_STATUS_BEFORE[hook.kind], application=False)

    def _reboot(self, context: contexts.Context) -> None:
        """Reboot the machine if the hook asked for it; then ``start`` tells its units."""
        if context.reboot:
            self.api.agent_status(self.id, 'rebooting', '', {})
            self._log('INFO', 'uniter.operation', f'rebooting machine {self.unit.machine}')
            self.api.reboot(self.id)

    def _hook_failed(
        self,
        local: model.LocalState,
        operation: operations.RunHook,
        reason: str,
        how: str,
    ) -> None:
        hook = operation.hook
        self._log('ERROR', 'uniter.operation', f'hook "{hook.name}" (via {how}) failed: {reason}')
        self.api.save(self.id, self._failed(local, operation))
        self._report(hook)

    def _report(self, hook: model.Hook) -> None:
        """Show that *hook* failed. Source: uniter.go reportHookError."""
        shown = hook.kind if hook.storage is not None else hook.name
        data = {
            'hook': hook.name,
            'relation-id': hook.relation,
            'remote-unit': hook.remote_unit,
            'secret-uri': hook.secret and f'secret:{hook.secret}',
            'secret-label': hook.secret_label or None,
        }
        self.api.agent_status(
            self.id,
            'error',
            f'hook failed: "{shown}"',
            {key: value for key, value in data.items() if value is not None},
        )

    def _run_action(self, local: model.LocalState, snapshot: model.Snapshot, task_id: int) -> None:
        task = self.api.task(task_id)
        context = contexts.Context(
            self.api, self.unit, local, snapshot, task=task, task_row=task_id
        )
        running = model.Running('action', None, task_id, None, None)
        timeout: float | None = None
        try:
            if task.name == 'juju-exec':
                argv = ['/bin/bash', '-c', str(task.params['command'])]
                timeout = task.params.get('timeout')
            else:
                program = runner.program(self.place.charm, 'actions', task.name)
                if program is None:
                    raise errors.Error(f'action not implemented on unit "{self.unit.name}"')
                argv = [str(program.path)]
        except errors.Error as error:
            self.api.task_finished(task_id, 'failed', str(error), {})
            return
        outcome = self._process(
            context,
            task.name,
            argv,
            environment.of_action(task),
            running,
            f'running action {task.name}',
            keep=True,
            timeout=timeout,
        )
        local = self._noted(local, context)
        status, message = 'completed', ''
        if context.action_failure is not None:
            status, message = 'failed', context.action_failure
        if outcome.code != 0:
            status, message = 'failed', outcome.reason
        results = {**context.action_results, **outcome.results()}
        try:
            writes = context.writes() if outcome.code == 0 else model.Writes()
            finished = model.Finished(task_id, status, message, results)
            self.api.commit(self.id, local, writes, finished=finished)
        except errors.Error as error:
            outcome = outcome._replace(code=1, stderr=outcome.stderr + f'{error}\n'.encode())
            results = {**context.action_results, **outcome.results()}
            # Before the running mark goes: a kill in between leaves no action that never ends.
            self.api.task_finished(task_id, 'failed', str(error), results)
            self.api.save(self.id, local)

    def _process(
        self,
        context: contexts.Context,
        name: str,
        argv: list[str],
        added: Mapping[str, str],
        running: model.Running,
        message: str,
        *,
        keep: bool = False,
        timeout: float | None = None,
    ) -> runner.Outcome:
        """Run a process in *context*, with the hook commands' door open while it runs."""
        context_id = f'{self.unit.name}-{name}-{secrets.token_hex(16)}'
        env = {**environment.base(self.unit, self.place, context_id), **added}

        def run(request: sockets.Request, ask_stdin: Callable[[], bytes]) -> table.Answer:
            return table.run(
                context, request.name, request.args, request.folder, ask_stdin, request.root
            )

        def on_lines(stream: str, lines: list[str]) -> None:
            level = 'DEBUG' if stream == 'stdout' else 'WARNING'
            try:
                self.api.log_lines(self.id, level, f'unit.{self.unit.name}.{name}', lines)
            except errors.Error as error:  # a full disk: the hook itself may yet succeed
                logger.warning('lost what %s printed: %s', self.unit.name, error)

        process: runner.Process | None = None

        def belongs(pid: int) -> bool:
            return process is not None and processes.is_part_of(pid, process.pid)

        self._doors.open(self.place.hook_socket, sockets.hook_handler(context_id, run, belongs))
        try:
            process = runner.Process(
                self._spawn, argv, env, self.place.charm, None if keep else on_lines, timeout
            )
            context.end = functools.partial(processes.end, process.pid, process.started)
            recorded = dataclasses.replace(running, pid=process.pid, started=process.started)
            self.api.begin(self.id, recorded, 'executing' if message else '', message)
            if running.task is not None and not self.api.task_started(running.task):
                process.kill()  # somebody has cancelled it in this instant
            outcome = process.run()
            if self._is_lost():
                raise Lost
            return outcome
        except BaseException:
            if process is not None:  # nobody follows it any more: it must not meet its retry
                process.kill()
            raise
        finally:
            self._doors.close(self.place.hook_socket)

    def _failed(
        self, local: model.LocalState, operation: operations.Operation, charm_modified: int = 0
    ) -> model.LocalState:
        jitter = random.uniform(0.9, 1.1)  # noqa: S311 - only spreads retries
        return transitions.failed(local, operation, time.time(), jitter, charm_modified)

    def _noted(self, local: model.LocalState, context: contexts.Context) -> model.LocalState:
        """Keep that the charm set a status: that is at once, whether or not the hook fails."""
        if not context.status_set:
            return local
        return dataclasses.replace(local, status_set=True)

    def _clear_resolved(self, snapshot: model.Snapshot) -> None:
        if snapshot.resolved is not None:
            self.api.clear_resolved(self.id)

    def _log(self, level: str, module: str, message: str) -> None:
        self.api.log(self.id, level, f'juju.worker.{module}', message)


def _status_after(local: model.LocalState, hook: model.Hook) -> tuple[str, str] | None:
    """Return the workload status that the end of *hook* brings, with its message."""
    if hook.kind == 'start' and not local.status_set:
        return 'unknown', ''
    return _STATUS_AFTER.get(hook.kind)


def _running(hook: model.Hook) -> str:
    """Return the agent's message while *hook* runs. Source: runhook.go RunningHookMessage."""
    if hook.secret is not None:
        revision = hook.secret_revision if hook.kind != 'secret-changed' else None
        suffix = f'/{revision}' if revision else ''
        return f'running {hook.name} hook for secret:{hook.secret}{suffix}'
    about = f' for {hook.remote_unit}' if hook.remote_unit else ''
    return f'running {hook.name} hook{about}'
