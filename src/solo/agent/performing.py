"""Do what the resolver decided for one unit: the thin side of the agent.

Before a process starts, "running" is in the database, and its end is one transaction with what it
wrote; so a kill at any instant leaves one of Juju's two cases.

Source: juju: internal/worker/uniter/operation/runhook.go, deploy.go.
"""

from __future__ import annotations

import dataclasses
import random
import shutil
import time
from collections.abc import Callable

from .. import errors, model, processes
from ..hookcmds import context as contexts
from . import (
    debugging,
    environment,
    executing,
    operations,
    resolver,
    runner,
    tasks,
    tools,
    transitions,
    unpack,
)

_STATUS_BEFORE = {
    'stop': ('maintenance', 'stopping charm software'),
    'remove': ('maintenance', 'cleaning up prior to charm deletion'),
}
_STATUS_AFTER = {'stop': ('maintenance', ''), 'remove': ('terminated', '')}


class Performer:
    """One unit's agent, without a thread of its own.

    Args:
        executor: What runs the unit's hooks.
    """

    def __init__(self, executor: executing.Executor) -> None:
        self._executor = executor
        self.api = executor.api
        self.id = executor.id
        self.unit = executor.unit
        self.place = executor.place

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

    def decide(
        self, commands: tuple[model.Commands, ...]
    ) -> tuple[model.LocalState, model.Snapshot, operations.Operation]:
        """Return what the unit has done, what it sees, and which operation is next."""
        local, snapshot = self.api.snapshot(self.id)
        snapshot = dataclasses.replace(snapshot, commands=commands)
        return local, snapshot, resolver.next_operation(local, snapshot)

    def step(self, commands: tuple[model.Commands, ...]) -> operations.Operation:
        """Look at the world, do the one thing that is next, and return what it was.

        An action and a ``juju-exec`` are not done: whoever serves the machine does them, with
        :meth:`run_action` and :meth:`run_commands`, when it may.

        Args:
            commands: The ``juju-exec`` calls that wait, oldest first.
        """
        local, snapshot, operation = self.decide(commands)
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

    def run_action(self, task: int) -> None:
        """Run the action of the task with that row."""
        tasks.run_action(self._executor, task)

    def run_commands(self, commands: model.Commands, begun: Callable[[], None]) -> runner.Outcome:
        """Run a ``juju-exec``, and reboot the machine if it asked for that; see ``tasks``."""
        outcome, context = tasks.run_commands(self._executor, commands, begun)
        if context is not None:
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
        if hook.kind == 'start' and local.started:
            self._log(
                'INFO',
                'uniter',
                'reboot detected; triggering implicit start hook to notify charm',
            )
        self._status_before(local, hook)
        is_quiet = hook.kind == 'update-status'
        running = model.Running('hook', hook, None, None, None)
        context = contexts.Context(self.api, self.unit, local, snapshot, hook=hook)
        try:
            program = runner.program(self.place.charm, 'hooks', hook.name)
        except errors.Error as error:
            self._hook_failed(local, operation, str(error), runner.INVALID)
            return
        how = program.how if program else 'missing'
        session = debugging.find(self.place, self.unit.name, hook.name, program)
        if program is None and session is None:
            self._log('INFO', 'uniter.operation', f'skipped "{hook.name}" hook (missing)')
        else:
            storage = {view.id: view for view in snapshot.storage}
            outcome = self._executor.run(
                context,
                hook.name,
                [str(program.path)] if program else [],
                environment.of_hook(hook, storage.get(hook.storage or '')),
                running,
                '' if is_quiet else _running(hook),
                session=session,
            )
            local = tasks.noted(local, context)
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
                self._hook_failed(local, operation, outcome.reason, how)
                return
        done = transitions.committed(local, snapshot, operation)
        try:
            self.api.commit(self.id, done, context.writes(), status=_status_after(done, hook))
        except errors.Error as error:
            self._hook_failed(local, operation, str(error), how)
            return
        if program is not None or session is not None:
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
        self._log('INFO', 'uniter', f'awaiting error resolution for "{hook.kind}" hook')
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

    def _failed(
        self, local: model.LocalState, operation: operations.Operation, charm_modified: int = 0
    ) -> model.LocalState:
        jitter = random.uniform(0.9, 1.1)  # noqa: S311 - only spreads retries
        return transitions.failed(local, operation, time.time(), jitter, charm_modified)

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
