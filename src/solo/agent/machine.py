"""The thread of one machine: the operations of its units, one at a time, fairly.

Juju serialises the operations of all units on a machine under one lock; here they share a thread.
An action that needs not that lock, but none or its execution group's, has a thread of its own,
also while the lock is taken; its unit does nothing else meanwhile, as in Juju. Between operations
the thread sleeps until a unit is woken or has something to do by itself; nothing is polled.

Source: juju: internal/worker/uniter/operation/executor.go (the machine lock), runaction.go.
"""

from __future__ import annotations

import collections
import contextlib
import logging
import threading
import time
from pathlib import Path

from .. import errors, flags, model
from ..hookcmds import table
from . import executing, operations, outside, performing, runner, sockets
from .api import Api

logger = logging.getLogger(__name__)

_AFTER_A_FAULT = 5.0  # seconds before a unit whose step raised is looked at again


class Machine(threading.Thread):
    """One machine's agents.

    Args:
        api: The controller.
        spawn: Starts a process on the machine.
        data: The data directory.
        doors: Where hook commands and ``juju-exec`` connect; shared by all machines.
    """

    def __init__(self, api: Api, spawn: runner.Spawn, data: Path, doors: sockets.Doors) -> None:
        super().__init__(name='machine', daemon=True)
        self._api = api
        self._spawn = spawn
        self._data = data
        self._doors = doors
        self._news = threading.Condition()
        self._due: dict[int, float] = {}  # by unit: when to look at it; the first is served first
        self._performers: dict[int, performing.Performer] = {}
        self._calls: dict[int, list[_Call]] = {}
        self._last_call = 0
        self._served: int | None = None  # the unit that this thread is busy with
        self._aside: dict[int, threading.Thread] = {}  # by unit
        self._groups = collections.defaultdict[str, threading.Lock](threading.Lock)
        self._is_stopped = False
        self._is_lost = False
        self.is_paused = False

    def place(self, units: frozenset[int]) -> None:
        """Look after *units* too; does nothing for those that are here."""
        with self._news:
            for unit in sorted(units):
                self._due.setdefault(unit, 0.0)
            self._news.notify()

    def wake(self, units: frozenset[int]) -> None:
        """Look at *units* again."""
        with self._news:
            for unit in units:
                if unit in self._due:
                    self._due[unit] = 0.0
            self._news.notify()
            is_busy = self._served is not None
        if is_busy:
            self._look_aside(units)

    def stop(self) -> None:
        """End after the operation that runs now."""
        with self._news:
            self._is_stopped = True
            self._news.notify()

    def pause(self, *, paused: bool) -> None:
        """Begin no operation until told to go on: the agents can't be reached, or are frozen."""
        with self._news:
            self.is_paused = paused
            self._news.notify()

    def lose(self) -> None:
        """End without another word: the machine is about to lose its power.

        What runs stays recorded as running, as when the controller dies.
        """
        with self._news:
            self._is_lost = self._is_stopped = True
            self._news.notify()

    def run(self) -> None:
        """Serve the units in turn until :meth:`stop`."""
        while True:
            unit = self._next()
            if unit is None:
                break
            with self._news:
                self._served = unit
                now = time.time()
                waiting = frozenset(other for other, due in self._due.items() if due <= now)
            try:
                self._look_aside(waiting)
                due = self._serve(unit)
            except executing.Lost:
                break
            except Exception as error:
                due = self._excuse(unit, error)
            with self._news:
                self._served = None
            self._put_back(unit, due)
        for thread in list(self._aside.values()):
            thread.join()
        for performer in self._performers.values():
            self._doors.close(performer.place.exec_socket)
        for call in [call for calls in self._calls.values() for call in calls]:
            call.done.set()

    def _next(self) -> int | None:
        """Wait for a unit that is due and return it; None: the thread is to end."""
        with self._news:
            while not self._is_stopped:
                if self.is_paused:
                    self._news.wait()
                    continue
                now = time.time()
                free = {unit: due for unit, due in self._due.items() if unit not in self._aside}
                for unit, due in free.items():
                    if due <= now:
                        # Last in line from now on; a wake during its turn sets 0 again.
                        del self._due[unit]
                        self._due[unit] = float('inf')
                        return unit
                wait = min(free.values(), default=float('inf')) - now
                self._news.wait(None if wait == float('inf') else min(wait, 3600.0))
            return None

    def _serve(self, unit: int) -> float | None:
        """Do one operation of *unit*; return when it is due again, None when it is gone."""
        performer = self._performers.get(unit)
        if performer is None:
            executor = executing.Executor(
                self._api, unit, self._data, self._spawn, self._doors, lambda: self._is_lost
            )
            performer = performing.Performer(executor)
            performer.recover()
            self._doors.open(performer.place.exec_socket, self._answer)
            self._performers[unit] = performer
        with self._news:
            calls = list(self._calls.get(unit, ()))
        looked = time.time()
        operation = performer.step(tuple(call.commands for call in calls))
        if isinstance(operation, operations.RunCommands):
            call = next(call for call in calls if call.commands == operation.commands)
            call.run(performer)
            with self._news:
                self._calls[unit].remove(call)
        if isinstance(operation, operations.RunAction):
            task = self._api.task(operation.task)
            if task.parallel or task.group:
                self._begin_aside(performer)
                return float('inf')
            performer.run_action(operation.task)
        if isinstance(operation, operations.Terminate):
            return None
        if isinstance(operation, (operations.Idle, operations.Wait)):
            times = (operation.until, self._api.next_wake(unit, looked))
            return min((moment for moment in times if moment is not None), default=float('inf'))
        return 0.0

    def _look_aside(self, units: frozenset[int]) -> None:
        """Begin what *units* may do while this thread is busy with another."""
        with self._news:
            known = {unit: self._performers[unit] for unit in units if unit in self._performers}
            known.pop(self._served or 0, None)
        if not known:
            return
        for unit in self._api.asked(frozenset(known)):
            self._begin_aside(known[unit])

    def _begin_aside(self, performer: performing.Performer) -> None:
        """Let a thread look what *performer* may do beside the machine's other operations."""
        thread = threading.Thread(
            target=self._serve_aside,
            args=(performer,),
            name=f'action of {performer.unit.name}',
            daemon=True,
        )
        with self._news:
            if self._is_stopped or performer.id in self._aside:
                return
            self._aside[performer.id] = thread
        thread.start()

    def _serve_aside(self, performer: performing.Performer) -> None:
        """Run the unit's actions as long as the next one needs not wait for the machine."""
        due: float | None = 0.0
        try:
            while isinstance(operation := performer.decide(())[2], operations.RunAction):
                task = self._api.task(operation.task)
                if self._is_stopped or not (task.parallel or task.group):
                    break
                self._run_aside(performer, operation.task, task.group)
            if isinstance(operation, operations.Idle):
                self._api.agent_status(performer.id, 'idle', '', {})
        except executing.Lost:
            return
        except Exception as error:
            due = self._excuse(performer.id, error)
        finally:
            with self._news:
                del self._aside[performer.id]
        self._put_back(performer.id, due)

    def _run_aside(self, performer: performing.Performer, task: int, group: str) -> None:
        """Run an action after those of its *group*, if it has one."""
        with self._groups[group] if group else contextlib.nullcontext():
            with self._news:
                self._news.wait_for(lambda: self._is_stopped or not self.is_paused)
                if self._is_stopped:
                    return
            performer.run_action(task)

    def _put_back(self, unit: int, due: float | None) -> None:
        """Look at *unit* again at *due*, or at once if it was woken meanwhile; None: no more."""
        with self._news:
            if due is None:
                self._forget(unit)
            elif self._due[unit] != 0.0:
                self._due[unit] = due
            self._news.notify()

    def _excuse(self, unit: int, error: Exception) -> float | None:
        """Return when to look at the unit again after an error; None if it is no more.

        What ran and could not be written down, on a full disk, counts as interrupted then.
        """
        with self._news:
            self._drop(unit)
        if isinstance(error, errors.Error):
            try:
                self._api.unit(unit)
            except errors.Error:
                return None
            logger.warning('the agent of unit %d: %s', unit, error)
        else:
            logger.error('the agent of unit %d had a fault', unit, exc_info=error)
        return time.time() + _AFTER_A_FAULT

    def _forget(self, unit: int) -> None:
        del self._due[unit]
        self._drop(unit)

    def _drop(self, unit: int) -> None:
        """Let the next turn of *unit* begin as after a start of the controller."""
        performer = self._performers.pop(unit, None)
        if performer is not None:
            self._doors.close(performer.place.exec_socket)

    def _answer(self, client: sockets.Client) -> None:
        """Queue a ``juju-exec`` and wait until it was run; runs in the connection's thread."""
        request = client.request()
        try:
            with self._news:
                units = {agent.unit.name: agent.id for agent in self._performers.values()}
            asked = outside.read(request.args, units)
            if not asked.unit:
                client.answer(self._run_bare(asked.script))
                return
            call = self._queue(units[asked.unit], asked, client)
        except flags.HelpAsked:
            client.answer(table.Answer(0, flags.help_text(outside.COMMAND).encode()))
            return
        except errors.Error as error:
            client.answer(table.Answer(error.exit_code, err=f'ERROR {error}\n'.encode()))
            return
        call.done.wait()

    def _run_bare(self, script: str) -> table.Answer:
        """Run *script* on the machine, in no unit's context."""
        outcome = runner.bare(self._spawn, script)
        return table.Answer(outcome.code % 256, outcome.stdout, outcome.stderr)

    def _queue(self, unit: int, asked: outside.Asked, client: sockets.Client) -> _Call:
        _, snapshot = self._api.snapshot(unit)
        with self._news:
            self._last_call += 1
            call = _Call(outside.commands(asked, self._last_call, snapshot), client)
            self._calls.setdefault(unit, []).append(call)
            self._due[unit] = 0.0
            self._news.notify()
        return call


class _Call:
    """One ``juju-exec`` that waits for its turn."""

    def __init__(self, commands: model.Commands, client: sockets.Client) -> None:
        self.commands = commands
        self.done = threading.Event()
        self._client = client

    def run(self, performer: performing.Performer) -> None:
        """Run it, unless whoever called has gone, and answer."""
        try:
            if self._client.is_gone():
                return
            outcome = performer.run_commands(self.commands, lambda: self._client.send(b's'))
            self._client.answer(table.Answer(outcome.code % 256, outcome.stdout, outcome.stderr))
        except OSError:
            logger.info('whoever called juju-exec on %s went away', performer.unit.name)
        finally:
            self.done.set()
