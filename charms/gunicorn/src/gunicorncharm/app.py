"""The charm: every event ends in the same reconcile."""

from __future__ import annotations

import os
import shutil
from typing import Any

import ops

from . import errors, server, wanted


class GunicornCharm(ops.CharmBase):
    """Passes events on, and shows what came of them."""

    def __init__(self, framework: ops.Framework) -> None:
        super().__init__(framework)
        self._server: Any = self.make_server()
        for name, event in self.on.events().items():
            if name in ('stop', 'remove'):
                framework.observe(event, self._end)
            elif name not in ('collect_app_status', 'collect_unit_status', 'collect_metrics'):
                framework.observe(event, self._reconcile)

    def make_server(self) -> Any:
        """Return what serves: tests put another one here."""
        return server.Server(self.unit.name, self.charm_dir)

    def _end(self, event: ops.EventBase) -> None:
        self._server.stop()
        if isinstance(event, ops.RemoveEvent):
            shutil.rmtree(self.charm_dir / 'var', ignore_errors=True)

    def _reconcile(self, _event: ops.EventBase) -> None:
        (self.charm_dir / 'var').mkdir(mode=0o711, exist_ok=True)
        try:
            self.unit.status = self._serve()
        except errors.Error as error:
            self.unit.status = ops.BlockedStatus(str(error)[:120])

    def _serve(self) -> ops.StatusBase:
        related = [one for one in self.model.relations['wsgi'] if one.active]
        if not related:
            self._server.stop()
            return ops.BlockedStatus('no application: integrate this with python-django')
        # The scope is the container: there is one unit, the one that we run beside.
        for relation, unit in ((one, unit) for one in related for unit in one.units):
            bag = dict(relation.data[unit])
            if not bag.get('working_dir'):
                return ops.WaitingStatus(f'waiting for {unit.name} to say what to serve')
            found = wanted.read(bag, self.config, len(os.sched_getaffinity(0)))
            if isinstance(found, list):
                return ops.BlockedStatus(found[0][:120])
            self._server.serve(found)
            # The application looks whether it is served when it hears of this.
            relation.data[self.unit]['wsgi_timestamp'] = found.stamp
            workers = found.settings['workers']
            return ops.ActiveStatus(f'{workers} worker{"s"[: workers != 1]} on {found.bind}')
        return ops.WaitingStatus('waiting for the application')
