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

from .. import errors
from ..agent import processes
from ..machines import provider
from ..state import codec, machines, removal
from . import expose, storage

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
        self._made: set[int] = set()  # machines that this process has made good
        self._storage = storage.Storage(controller)
        self._exposure = expose.Exposure(controller)

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
            self._news.wait(_RETRY_SECONDS if failed else self._next_abandoned())
            self._news.clear()
            if self._stopped:
                return
            failed = False
            for step in (
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

    def _machines(self) -> None:
        """Make machines and place their agents; end those that no unit needs."""
        controller = self._controller
        with controller.database.read() as tx:
            rows = tx.all('SELECT * FROM machine')
            units: dict[int, set[int]] = {}
            for unit in tx.all('SELECT id, machine FROM unit'):
                units.setdefault(unit['machine'], set()).add(unit['id'])
            keys = {row['id']: machines.key(tx, row['id']) for row in rows}
        for row in rows:
            machine = provider.Machine(keys[row['id']], row['address'])
            if row['life'] != 'alive':
                controller.agents.end(row['id'])
                controller.provider.destroy(machine)
                with controller.database.write() as tx:
                    removal.machine_gone(tx, row)
                continue
            if row['id'] not in self._made:
                made = controller.provider.create(machine)
                if (row['status'], row['address'], row['boot_id']) != ('started', *made):
                    with controller.database.write() as tx:
                        machines.started(
                            tx,
                            row['id'],
                            address=made.address,
                            boot_id=made.boot_id,
                            now=time.time(),
                        )
                self._made.add(row['id'])
            controller.agents.place(row['id'], frozenset(units.get(row['id'], ())))

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
