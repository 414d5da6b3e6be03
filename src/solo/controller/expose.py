"""What exposed applications let the world reach: rows to rules for the forwarder."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING

from ..machines import forward
from ..state import db

if TYPE_CHECKING:
    from .core import Controller

logger = logging.getLogger(__name__)


class Exposure:
    """Keep the host's ports what the database says; ``faults`` are shown in the status."""

    def __init__(self, controller: Controller) -> None:
        self._controller = controller
        self._forwarder = forward.Forwarder(controller.data)
        self._applied: tuple[forward.Rule, ...] | None = None
        self.faults: tuple[str, ...] = ()

    def apply(self) -> None:
        """Forward what is exposed now, and only that."""
        with self._controller.database.read() as tx:
            wanted = rules(tx)
        if wanted == self._applied:
            return
        before, self.faults = self.faults, self._forwarder.apply(wanted)
        self._applied = None if self.faults else wanted
        if self.faults != before:
            for fault in self.faults:
                logger.warning('%s', fault)


def rules(tx: db.Transaction) -> tuple[forward.Rule, ...]:
    """Return one rule for each exposed port, with the addresses of the units behind it."""
    found: dict[tuple[int, str, tuple[str, ...]], list[str]] = {}
    for row in tx.all(
        'SELECT a.exposed, p.*, m.address FROM application a JOIN unit u ON u.application = a.id'
        ' JOIN port p ON p.unit = u.id JOIN machine m ON m.id = u.machine'
        " WHERE a.exposed IS NOT NULL AND p.protocol = 'tcp' AND m.address != ''"
        ' ORDER BY a.id, u.number'
    ):
        exposed: dict[str, list[str]] = json.loads(row['exposed'])
        cidrs = exposed.get(row['endpoint'], exposed.get('')) or (
            sorted({cidr for each in exposed.values() for cidr in each})
            if row['endpoint'] == ''
            else None
        )
        if cidrs is None:
            continue
        for port in range(row['first'], row['last'] + 1):
            addresses = found.setdefault((port, 'tcp', tuple(cidrs)), [])
            if row['address'] not in addresses:
                addresses.append(row['address'])
    return tuple(
        forward.Rule(port=port, addresses=tuple(addresses), cidrs=cidrs)
        for (port, _, cidrs), addresses in sorted(found.items())
    )
