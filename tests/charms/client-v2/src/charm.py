#!/usr/bin/env python3
"""A client of protocol v2, with the library of that time: ops-lib-pgsql."""

from __future__ import annotations

import json
from typing import Any

import ops
import pgsql  # pyright: ignore[reportMissingImports] # of this charm's own environment


class ClientV2(ops.CharmBase):
    """Keeps what the library's events say."""

    _stored = ops.StoredState()

    def __init__(self, framework: ops.Framework) -> None:
        super().__init__(framework)
        self._stored.set_default(master='', standbys='[]')
        database: Any = pgsql
        self._db: Any = database.PostgreSQLClient(self, 'db')  # events hold no reference to it
        events = self._db.on
        framework.observe(events.database_relation_joined, self._ask)
        framework.observe(events.database_changed, self._use)
        framework.observe(events.database_relation_broken, self._lose)
        framework.observe(self.on.connections_action, self._tell)

    def _ask(self, event: Any) -> None:
        if self.unit.is_leader():
            event.database = self.config['database']
            event.roles = [role for role in str(self.config['roles']).split(',') if role]
            event.extensions = [name for name in str(self.config['extensions']).split(',') if name]
        elif event.database != self.config['database']:
            event.defer()

    def _use(self, event: Any) -> None:
        self._stored.master = str(event.master or '')
        self._stored.standbys = json.dumps([str(standby) for standby in event.standbys])
        if event.master:
            self.unit.status = ops.ActiveStatus()
        else:
            self.unit.status = ops.WaitingStatus('no master')

    def _lose(self, _: Any) -> None:
        self._stored.master, self._stored.standbys = '', '[]'

    def _tell(self, event: ops.ActionEvent) -> None:
        standbys = '\n'.join(json.loads(str(self._stored.standbys)))
        event.set_results({'master': str(self._stored.master), 'standbys': standbys})


if __name__ == '__main__':
    ops.main(ClientV2)
