#!/usr/bin/env python3
"""The PostgreSQL charm: every event ends in the same reconcile."""

from __future__ import annotations

import logging

import ops

from pgcharm import actions, desired, errors, peers, reconcile

_log = logging.getLogger(__name__)

_STATUSES = {
    'active': ops.ActiveStatus,
    'waiting': ops.WaitingStatus,
    'maintenance': ops.MaintenanceStatus,
    'blocked': ops.BlockedStatus,
}


class PostgresqlCharm(ops.CharmBase):
    """Passes events on, and shows what came of them."""

    workload = reconcile.REAL

    def __init__(self, framework: ops.Framework) -> None:
        super().__init__(framework)
        # The watcher asks for this one.
        self.on.define_event('cluster_changed', ops.EventBase)
        for name, event in self.on.events().items():
            if name.endswith('_action'):
                framework.observe(event, self._act)
            elif name not in ('collect_app_status', 'collect_unit_status', 'collect_metrics'):
                framework.observe(event, self._reconcile)

    def _reconcile(self, event: ops.EventBase) -> None:
        bags = peers.Bags(self)
        wanted = desired.read(self, event, bags)
        outcome = reconcile.reconcile(wanted, bags, self._tell, self.workload)
        self.unit.status = _STATUSES[outcome.status.name](outcome.status.message)
        if outcome.version:
            self.unit.set_workload_version(outcome.version)
        if outcome.port is not None:
            self.unit.set_ports(outcome.port)

    def _act(self, event: ops.ActionEvent) -> None:
        bags = peers.Bags(self)
        question = actions.Question(desired.read(self, event, bags), bags, event.params)
        name = event.handle.kind.removesuffix('_action').replace('_', '-')
        try:
            event.set_results(dict(actions.ACTIONS[name](question)))
        except errors.Error as error:
            event.fail(str(error))

    def _tell(self, message: str) -> None:
        _log.info('%s', message)
        self.unit.status = ops.MaintenanceStatus(message[:120])


if __name__ == '__main__':
    ops.main(PostgresqlCharm)
