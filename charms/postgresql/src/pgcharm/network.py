"""Where a unit is, as Juju sees it."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable

import ops


@dataclasses.dataclass(frozen=True)
class Addresses:
    """Where this unit is."""

    bind: tuple[str, ...]
    """To listen on, the one for the peers first."""

    ingress: tuple[str, ...]
    """Where others reach it."""

    egress: tuple[str, ...]
    """Single addresses that its own connections come from, networks left out."""

    @property
    def own(self) -> str:
        """The one for the peers."""
        return self.bind[0]

    @property
    def for_clients(self) -> str:
        """The one that clients are told."""
        return self.ingress[0] if self.ingress else self.own

    @property
    def names(self) -> tuple[str, ...]:
        """All that a certificate of the unit has to cover."""
        return tuple(sorted({*self.bind, *self.ingress, *self.egress}))


def addresses(model: ops.Model, endpoints: Iterable[str]) -> Addresses | None:
    """Return where this unit is, by its endpoints, the one for the peers first; None: unknown."""
    bind: list[str] = []
    ingress: list[str] = []
    egress: list[str] = []
    for endpoint in endpoints:
        network = model.get_binding(endpoint).network
        if network.bind_address is not None:
            bind.append(str(network.bind_address))
        ingress += [str(address) for address in network.ingress_addresses]
        egress += [
            str(subnet.network_address)
            for subnet in network.egress_subnets
            if not isinstance(subnet, str) and subnet.num_addresses == 1
        ]
    if not bind:
        return None
    return Addresses(_unique(bind), _unique(ingress), _unique(egress))


def _unique(names: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))
