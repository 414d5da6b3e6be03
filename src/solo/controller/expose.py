"""What exposed applications let the world reach: rows to rules for the forwarder and the kernel.

The forwarder listens at every exposed TCP port of the host, so that nobody else takes it. Where
the kernel can send packets to the machines by itself, the forwarder sees none of them.
"""

from __future__ import annotations

import ipaddress
import json
import logging
from typing import TYPE_CHECKING

from ..machines import forward
from ..state import db

if TYPE_CHECKING:
    from .core import Controller

logger = logging.getLogger(__name__)
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class Exposure:
    """Keep the host's ports what the database says; ``faults`` are shown in the status."""

    def __init__(self, controller: Controller) -> None:
        self._controller = controller
        self._forwarder = forward.Forwarder(controller.data)
        self._applied: dict[str, list[forward.Rule]] | None = None
        self.faults: tuple[str, ...] = ()

    def apply(self) -> None:
        """Forward what is exposed now, and only that."""
        with self._controller.database.read() as tx:
            wanted = rules(tx)
        if wanted == self._applied:
            return
        self._applied = None
        listened = [rule for found in wanted.values() for rule in found if rule.protocol == 'tcp']
        before, busy = self.faults, self._forwarder.apply(listened)
        self.faults = tuple(busy.values())
        if self.faults != before:
            for fault in self.faults:
                logger.warning('%s', fault)
        for name, kind in self._controller.providers.items():
            kind.expose([rule for rule in wanted.get(name, ()) if rule.port not in busy])
        self._applied = None if self.faults else wanted


def rules(tx: db.Transaction) -> dict[str, list[forward.Rule]]:
    """Return one rule for each exposed port, with the addresses of the units behind it.

    They are by provider; what only the forwarder can do, for it has machines of several, is
    under ''. Where several applications have one port, a visitor goes to those that named the
    smallest network around him.
    """
    found: dict[tuple[int, str], dict[Network, dict[str, str]]] = {}
    for row in tx.all(
        'SELECT a.exposed, p.*, m.address, m.provider FROM application a'
        ' JOIN unit u ON u.application = a.id'
        ' JOIN port p ON p.unit = u.id JOIN machine m ON m.id = u.machine'
        " WHERE a.exposed IS NOT NULL AND p.protocol IN ('tcp', 'udp') AND m.address != ''"
        " AND m.power = 'on' ORDER BY a.id, u.number"
    ):
        for network in _networks(json.loads(row['exposed']), row['endpoint']):
            for port in range(row['first'], row['last'] + 1):
                routes = found.setdefault((port, row['protocol']), {})
                routes.setdefault(network, {})[row['address']] = row['provider']
    by_provider: dict[str, list[forward.Rule]] = {}
    for (port, protocol), routes in sorted(found.items()):
        kinds = {kind for addresses in routes.values() for kind in addresses.values()}
        ordered = sorted(routes, key=lambda each: (-each.prefixlen, str(each)))
        rule = forward.Rule(
            port,
            protocol,
            tuple(forward.Route(str(each), tuple(routes[each])) for each in ordered),
        )
        by_provider.setdefault(kinds.pop() if len(kinds) == 1 else '', []).append(rule)
    return by_provider


def _networks(exposed: dict[str, list[str]], endpoint: str) -> set[Network]:
    """Return the networks that may reach a port that was opened for *endpoint*, '' for all."""
    given = exposed.get(endpoint, exposed.get('')) or (
        [cidr for each in exposed.values() for cidr in each] if endpoint == '' else []
    )
    return {ipaddress.ip_network(cidr, strict=False) for cidr in given}
