"""Tasks of machines: commands in no unit's context, each in a thread of its own.

Source: juju: internal/worker/machineactions.
"""

from __future__ import annotations

import logging
import threading
import time
from typing import TYPE_CHECKING

from .. import errors, processes
from ..agent import runner
from ..state import operations

if TYPE_CHECKING:
    from .core import Controller

logger = logging.getLogger(__name__)


class MachineTasks:
    """The tasks that run now, so that they can be cancelled."""

    def __init__(self, controller: Controller) -> None:
        self._controller = controller
        self._running: dict[int, tuple[int, float | None]] = {}
        with controller.database.write() as tx:
            operations.abandoned(tx, now=time.time())

    def start(self, task: int, machine: int, command: str, timeout: float | None) -> None:
        """Begin a task that was enqueued for a machine."""
        threading.Thread(
            target=self._run,
            args=(task, machine, command, timeout),
            name=f'task {task}',
            daemon=True,
        ).start()

    def end(self, task: int) -> None:
        """Kill the process of a task, if it runs here."""
        pid, started = self._running.get(task, (0, None))
        processes.end(pid, started)

    def _run(self, task: int, machine: int, command: str, timeout: float | None) -> None:
        database = self._controller.database
        with database.write() as tx:
            if not operations.start(tx, task, now=time.time()):
                return
        try:
            outcome = runner.bare(
                self._controller.power.spawn(machine),
                command,
                timeout,
                lambda pid, started: self._running.update({task: (pid, started)}),
            )
        except (errors.Error, OSError) as error:
            status, message, results = 'failed', str(error), dict[str, object]()
        else:
            status = 'completed' if outcome.code == 0 else 'failed'
            message = '' if outcome.code == 0 else outcome.reason
            results = outcome.results()
        finally:
            self._running.pop(task, None)
        with database.write() as tx:
            operations.finish(tx, task, status, message, results, now=time.time())
