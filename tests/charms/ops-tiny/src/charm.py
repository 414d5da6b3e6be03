#!/usr/bin/env python3
"""The smallest charm on ops: active with its greeting, and an action that uses it."""

import ops


class TinyCharm(ops.CharmBase):
    """Every event ends in the same status."""

    def __init__(self, framework: ops.Framework):
        super().__init__(framework)
        for event in (self.on.start, self.on.config_changed, self.on.update_status):
            framework.observe(event, self._reconcile)
        framework.observe(self.on.greet_action, self._greet)

    def _reconcile(self, _: ops.EventBase) -> None:
        self.unit.set_workload_version(ops.__version__)
        self.unit.status = ops.ActiveStatus(str(self.config['greeting']))

    def _greet(self, event: ops.ActionEvent) -> None:
        event.set_results({'greeting': f'{self.config["greeting"]} {event.params["name"]}'})


if __name__ == '__main__':
    ops.main(TinyCharm)
