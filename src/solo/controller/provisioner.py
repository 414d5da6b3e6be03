"""Make machines, storage and forwarded ports what the database says: one idempotent loop.

Like Juju's provisioner, storage provisioner and firewaller: each pass compares rows with what
is there and does what is missing, so that a pass that was killed is made good by the next.

Source: juju: internal/worker/provisioner, internal/worker/storageprovisioner, worker/firewaller.
"""

from __future__ import annotations

import contextlib
import logging
import shutil
import sqlite3
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

from .. import errors
from ..machines import provider
from ..state import charms, machines, removal, storage
from . import expose

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
            self._news.wait(_RETRY_SECONDS if failed else None)
            self._news.clear()
            if self._stopped:
                return
            failed = False
            for step in (self._machines, self._storage, self._exposure.apply):
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

    def _storage(self) -> None:
        """Attach storage that units wait for, and destroy what nobody is to have."""
        database = self._controller.database
        with database.read() as tx:
            pending, doomed = storage.pending(tx), storage.doomed(tx)
        for row in pending:
            location, folder = self._attach(row)
            with database.write() as tx:
                storage.attached(tx, row, location=str(location), folder=str(folder))
        for row in doomed:
            if row['folder']:
                shutil.rmtree(row['folder'], ignore_errors=True)
                with contextlib.suppress(OSError):
                    Path(row['folder']).parent.rmdir()
            with database.write() as tx:
                tx.execute('DELETE FROM storage WHERE id = ?', row['id'])

    def _attach(self, row: sqlite3.Row) -> tuple[Path, Path]:
        """Return where the charm sees an instance, and where its data lie: outside the machine."""
        name = row['name'].replace('/', '-')
        folder = Path(
            row['folder'] or self._controller.data / 'storage' / row['model_name'] / name
        )
        try:
            for part in (folder.parent.parent, folder.parent):
                part.mkdir(parents=True, exist_ok=True)
                part.chmod(0o711)
            folder.mkdir(mode=0o755, exist_ok=True)
            with self._controller.database.read() as tx:
                declared = storage.declared(charms.get(tx, row['charm']), row['name'])
                machine = provider.Machine(machines.key(tx, row['machine']))
            wanted = storage.location(declared, row['name'])
            if not wanted:
                return folder, folder
            link = self._controller.provider.root(machine) / wanted.lstrip('/')
            link.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
            link.unlink(missing_ok=True)
            link.symlink_to(folder)
        except OSError as error:
            raise errors.Error(
                f'cannot attach storage "{row["name"]}" in "{folder}": {error.strerror}'
            ) from error
        return link, folder
