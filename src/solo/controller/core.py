"""The controller: the parts of the one process, put together."""

from __future__ import annotations

import logging
import os
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path

from .. import errors, folders
from ..machines import leases, local, namespace, provider
from ..state import db, models
from . import agents, api, changed, machinetasks, power, provisioner, server

logger = logging.getLogger(__name__)


class Controller:
    """Everything that one data directory's controller holds.

    Args:
        data: The data directory; it exists, and the caller holds its lock.
    """

    def __init__(self, data: Path) -> None:
        logging.basicConfig(
            stream=sys.stderr,
            level=logging.INFO,
            format='%(asctime)s %(levelname)s %(name)s: %(message)s',
        )
        self.data = data
        self.build = folders.build()
        self.started = time.time()
        self.changed = changed.Changed()
        self.database = db.Database(data / 'solo.db')
        table = leases.Leases()
        kinds = (local.Local(data, table), namespace.Namespace(data, table))
        self.providers: Mapping[str, provider.Provider] = {each.name: each for each in kinds}
        with self.database.write() as tx:
            models.ensure_default(tx, self.settings_of_default(), now=time.time())
        self.api = api.AgentApi(self.database, data)
        self.agents = agents.Agents(self)
        self.machine_tasks = machinetasks.MachineTasks(self)
        self.power = power.Power(self)
        self.api.reboots = self.power.reboots
        self.provisioner = provisioner.Provisioner(self)
        self._stopped = threading.Event()
        self._server = server.Server(folders.socket(data), self)

    def settings_of_default(self) -> dict[str, str]:
        """Return the settings of the model that is there from the beginning."""
        kind = os.environ.get('SOLO_PROVIDER')
        return {} if not kind else {'provider': self.provider(kind).name}

    def provider(self, name: str) -> provider.Provider:
        """Return the machine provider called *name*.

        Raises:
            Error: If there is none, or this host can't have its machines.
        """
        kind = self.providers.get(name)
        if kind is None:
            raise errors.Error(
                f'provider "{name}" not found; there are {", ".join(sorted(self.providers))}',
                'not found',
            )
        kind.check()
        return kind

    def committed(self, woken: frozenset[int], places_changed: bool) -> None:
        """Pass the news of a commit on; the database calls it.

        Args:
            woken: Rows of the units that have something new to look at.
            places_changed: Whether machines, storage or ports may have to be made. The pass for
                that looks at all of them, so it is not for every commit of every hook.
        """
        self.agents.wake(woken)
        if places_changed:
            self.provisioner.wake()
        self.changed.ring()

    def serve(self) -> None:
        """Work until :meth:`stop`; then end between hooks.

        While the last hooks run the door stays open: a hook that hangs can still be removed.
        """
        self.database.on_commit = self.committed
        self.provisioner.start()
        threading.Thread(target=self._server.serve, name='server', daemon=True).start()
        logger.info('controller of %s runs, process %d', self.data, os.getpid())
        self._stopped.wait()
        logger.info('the controller is to stop and waits for running hooks')
        self.agents.stop()
        self.provisioner.stop()
        self._server.close()
        self.database.close()
        logger.info('controller stopped')

    def stop(self) -> None:
        """Ask :meth:`serve` to end once no hook runs; safe in a signal handler."""
        self._stopped.set()
