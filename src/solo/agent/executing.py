"""Run one process of a unit in a context: recorded, its hook commands answered, its end awaited.

Source: juju: internal/worker/uniter/runner/runner.go.
"""

from __future__ import annotations

import dataclasses
import functools
import logging
import secrets
from collections.abc import Callable, Mapping
from pathlib import Path

from .. import errors, model, processes
from ..hookcmds import context as contexts
from ..hookcmds import table
from . import debugging, environment, places, runner, sockets
from .api import Api

logger = logging.getLogger(__name__)


class Lost(Exception):  # noqa: N818 - nothing of ours went wrong
    """The machine has lost its power while something ran: it stays recorded as running."""


class Executor:
    """What runs a unit's hooks, actions and ``juju-exec``.

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
        is_lost: Callable[[], bool],
    ) -> None:
        self.api = api
        self.id = unit
        self.unit = api.unit(unit)
        self.place = places.of(data, self.unit)
        self._spawn = spawn
        self._doors = doors
        self._is_lost = is_lost

    def run(
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
        session: debugging.Session | None = None,
    ) -> runner.Outcome:
        """Run a process in *context*, with the hook commands' door open while it runs.

        Args:
            context: What its hook commands see.
            name: Of the hook or action.
            argv: The program.
            added: Its environment beside what every context has.
            running: What to write down.
            message: The agent's meanwhile; '' leaves it as it is.
            keep: Return what it prints, instead of writing it to the log.
            timeout: Seconds after which it is killed.
            session: Where an operator debugs it.
        """
        context_id = f'{self.unit.name}-{name}-{secrets.token_hex(16)}'
        env = {
            **environment.base(self.unit, self.place, context_id),
            **environment.of_proxies(self.api.proxies(self.id)),
            **added,
        }
        if session is not None:
            argv = session.prepare(self.place, env, argv)

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
            if session is not None and outcome.code < 0:
                # Its window was closed: whatever it was, it is not done.
                return outcome._replace(terminated=True)
            return outcome
        except BaseException:
            if process is not None:  # nobody follows it any more: it must not meet its retry
                process.kill()
            raise
        finally:
            self._doors.close(self.place.hook_socket)
