"""The charm: every event ends in the same reconcile."""

from __future__ import annotations

import logging

import ops

from . import actions, client_actions, cluster_actions, desired, errors, peers, reconcile
from .clients import juju, memory

STARTED = 'started'
"""A file in the charm's folder: ``start`` has run."""

_log = logging.getLogger(__name__)

_STATUSES = {
    'active': ops.ActiveStatus,
    'waiting': ops.WaitingStatus,
    'maintenance': ops.MaintenanceStatus,
    'blocked': ops.BlockedStatus,
}

_SINCE_START = (ops.StartEvent, ops.UpgradeCharmEvent, ops.UpdateStatusEvent)

ACTIONS = {**actions.ACTIONS, **client_actions.ACTIONS, **cluster_actions.ACTIONS}


class PostgresqlCharm(ops.CharmBase):
    """Passes events on, and shows what came of them."""

    workload = reconcile.REAL
    commands: juju.Juju = juju.HookCommands()
    hook = juju.Hook()
    """What the running hook says about clients."""

    def __init__(self, framework: ops.Framework) -> None:
        super().__init__(framework)
        # The watcher asks for the first, clients' relations for the second.
        self.on.define_event('cluster_changed', ops.EventBase)
        self.on.define_event('clients_changed', ops.EventBase)
        for name, event in self.on.events().items():
            if name.endswith('_action'):
                framework.observe(event, self._act)
            elif name not in ('collect_app_status', 'collect_unit_status', 'collect_metrics'):
                framework.observe(event, self._reconcile)

    def _reconcile(self, event: ops.EventBase) -> None:
        bags = self._bags(event)
        if not bags.clients.has_news:
            return
        started = self.charm_dir / STARTED
        if isinstance(event, _SINCE_START):
            started.touch()
        wanted = desired.read(self, event, bags, has_started=started.exists())
        outcome = reconcile.reconcile(wanted, bags, self._tell, self.workload)
        self.unit.status = _STATUSES[outcome.status.name](outcome.status.message)
        if outcome.version:
            self.unit.set_workload_version(outcome.version)
        if outcome.port is not None:
            self.unit.set_ports(outcome.port)
        bags.clients.remember()

    def _act(self, event: ops.ActionEvent) -> None:
        bags = self._bags(event)
        question = actions.Question(desired.read(self, event, bags), bags, event.params, event.log)
        name = event.handle.kind.removesuffix('_action').replace('_', '-')
        try:
            event.set_results(dict(ACTIONS[name](question)))
        except errors.Error as error:
            event.fail(str(error))

    def _bags(self, event: ops.EventBase) -> peers.Bags:
        known = memory.Clients(
            self.commands,
            self.unit.name,
            is_leader=self.unit.is_leader(),
            hook=self.hook,
            forget=isinstance(event, ops.UpgradeCharmEvent),
            look=memory.LOOK_SECONDS if isinstance(event, ops.UpdateStatusEvent) else 0.0,
        )
        return peers.Bags(self, known)

    def _tell(self, message: str) -> None:
        _log.info('%s', message)
        self.unit.status = ops.MaintenanceStatus(message[:120])
