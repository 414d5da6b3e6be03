"""Make machines, storage and forwarded ports what the database says: one idempotent loop.

Like Juju's provisioner, storage provisioner and firewaller: each pass compares rows with what
is there and does what is missing, so that a pass that was killed is made good by the next.

Source: juju: internal/worker/provisioner, internal/worker/storageprovisioner, worker/firewaller.
"""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from typing import TYPE_CHECKING

from .. import errors, processes
from ..state import codec, removal, units
from ..state import power as states
from . import expose, power, storage

if TYPE_CHECKING:
    from .core import Controller

logger = logging.getLogger(__name__)
_RETRY_SECONDS = 5.0


class Provisioner(threading.Thread):
    """One thread; a commit wakes it, a failure makes it try again after a while."""

    def __init__(self, controller: Controller) -> None:
        super().__init__(name='provisioner', daemon=True)
        self._controller = controller
        self._news = threading.Event()
        self._news.set()
        self._stopped = False
        self._connected = False  # whether cables are cut as the rows say
        self._due: float | None = None  # when the next agent is to be shown as lost
        self._storage = storage.Storage(controller)
        self._exposure = expose.Exposure(controller)

    @property
    def faults(self) -> tuple[str, ...]:
        """What exposed applications cannot be given, for people."""
        return self._exposure.faults

    def wake(self) -> None:
        """Ask for another pass."""
        self._news.set()

    def stop(self) -> None:
        """End after the present pass."""
        self._stopped = True
        self._news.set()
        self.join()

    def run(self) -> None:
        """Pass after pass, each when something changed."""
        failed = False
        while True:
            pauses = [_RETRY_SECONDS if failed else None, self._next_abandoned()]
            if self._due is not None:
                pauses.append(max(0.0, self._due - time.time()))
            self._news.wait(min((each for each in pauses if each is not None), default=None))
            self._news.clear()
            if self._stopped:
                return
            failed = False
            for step in (
                self._absence,
                self._machines,
                self._storage.apply,
                self._exposure.apply,
                self._abandon,
            ):
                try:
                    step()
                except errors.Error as error:
                    failed = True
                    logger.warning('%s', error)
                except Exception:
                    failed = True
                    logger.exception('a pass of the provisioner failed')
            # Somebody may give the port back, and nothing tells us when.
            failed = failed or bool(self.faults)

    def _machines(self) -> None:
        """Make machines and place their agents; end those that no unit needs.

        Raises:
            Error: If one can't be made; the others are.
        """
        controller = self._controller
        with controller.database.read() as tx:
            rows = tx.all('SELECT * FROM machine')
            wanted = power.wanted_of(tx, [row for row in rows if row['life'] == 'alive'])
        if not self._connected:
            controller.power.connect()
            self._connected = True
        for row in rows:
            if row['life'] != 'alive':
                controller.power.end(row['id'])
                with controller.database.write() as tx:
                    removal.machine_gone(tx, row)
        faults: list[errors.Error] = []
        for each in wanted:
            if not controller.power.is_good(each):
                try:
                    controller.power.ensure(each.machine, wait=False)
                except errors.Error as error:
                    faults.append(error)
        if faults:
            raise faults[0]

    def _absence(self) -> None:
        """Show who is lost, and give up those that an operator has given up."""
        now = time.time()
        with self._controller.database.read() as tx:
            due = states.next_lost(tx)
            given_up = states.abandoned(tx, now=now)
        self._due = due
        if given_up:
            with self._controller.database.write() as tx:
                for unit in given_up:
                    removal.unit_gone(tx, units.row(tx, unit), now=now)
        if due is not None and due <= now:
            with self._controller.database.write() as tx:
                self._due = states.show_lost(tx, now=now)

    def _abandon(self) -> None:
        """End what still runs of units whose forced removal has waited long enough."""
        with self._controller.database.read() as tx:
            rows = tx.all(
                'SELECT id, running FROM unit WHERE forced > 0 AND forced <= ?', time.time()
            )
        for row in rows:
            running = None if row['running'] is None else codec.running_from_json(row['running'])
            if running is not None and running.pid is not None:
                processes.end(running.pid, running.started)
        self._controller.agents.wake(frozenset(row['id'] for row in rows))

    def _next_abandoned(self) -> float | None:
        """Return the seconds until :meth:`_abandon` has something to do, None if never."""
        with contextlib.suppress(errors.Error), self._controller.database.read() as tx:
            now = time.time()
            due = tx.value('SELECT min(forced) FROM unit WHERE forced > ?', now)
            return None if due is None else due - now
        return _RETRY_SECONDS
