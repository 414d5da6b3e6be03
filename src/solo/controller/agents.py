"""The agents' threads: one per machine, because Juju runs one operation per machine at a time."""

from __future__ import annotations

import functools
import threading
from typing import TYPE_CHECKING

from ..agent import machine, sockets
from ..machines import provider

if TYPE_CHECKING:
    from .core import Controller


class Agents:
    """Start, wake and stop the machines' threads."""

    def __init__(self, controller: Controller) -> None:
        self._controller = controller
        self._lock = threading.Lock()
        self._machines: dict[int, machine.Machine] = {}  # by the machine's row
        self._units: dict[int, machine.Machine] = {}  # by the unit's row
        self._is_stopped = False
        self._doors = sockets.Doors()
        self._doors.start()

    def place(
        self,
        machine_row: int,
        kind: provider.Provider,
        where: provider.Machine,
        units: frozenset[int],
    ) -> None:
        """Make the machine's thread look after *units*, and start it if it isn't there."""
        with self._lock:
            if self._is_stopped:
                return
            thread = self._machines.get(machine_row)
            if thread is None:
                thread = machine.Machine(
                    self._controller.api,
                    functools.partial(kind.spawn, where),
                    self._controller.data,
                    self._doors,
                )
                self._machines[machine_row] = thread
                thread.start()
            for unit in units:
                self._units[unit] = thread
        thread.place(units)

    def wake(self, units: frozenset[int]) -> None:
        """Let the agents of *units* look at the world again."""
        with self._lock:
            threads = {self._units[unit] for unit in units if unit in self._units}
        for thread in threads:
            thread.wake(units)

    def pause(self, machine_row: int, *, paused: bool) -> None:
        """Let the machine's agents begin nothing, or go on."""
        with self._lock:
            thread = self._machines.get(machine_row)
        if thread is not None:
            thread.pause(paused=paused)

    def lose(self, machine_row: int) -> None:
        """Let the machine's agents end as if their power was cut; :meth:`end` waits for them."""
        with self._lock:
            thread = self._machines.get(machine_row)
        if thread is not None:
            thread.lose()

    def end(self, machine_row: int) -> None:
        """End the thread of a machine, after the operation that it runs."""
        with self._lock:
            thread = self._machines.pop(machine_row, None)
            if thread is not None:
                for unit in [unit for unit, owner in self._units.items() if owner is thread]:
                    del self._units[unit]
        if thread is not None:
            thread.stop()
            thread.join()

    def stop(self) -> None:
        """End every thread after the operation that it runs."""
        with self._lock:
            self._is_stopped = True
            threads = list(self._machines.values())
        for thread in threads:
            thread.stop()
        for thread in threads:
            if not thread.is_paused:  # what is frozen in the middle of a hook doesn't end
                thread.join()
        self._doors.stop()
