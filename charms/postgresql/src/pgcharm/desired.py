"""What shall be: options, peers, clients and addresses, read from Juju once per hook."""

from __future__ import annotations

import dataclasses
import os
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import ops

from . import config, layout, network, peers, undo, voting
from .clients import passwords, wire

STORAGE = 'pgdata'


@dataclasses.dataclass(frozen=True)
class Programs:
    """What the services are started with: the running charm's own Python, and Juju's."""

    python: str
    source: Path
    python_path: str
    juju_exec: str


@dataclasses.dataclass(frozen=True)
class Desired:
    """What Juju and the operator want of this unit now."""

    places: layout.Layout
    is_leader: bool
    peers: peers.Peers
    addresses: network.Addresses | None
    """None while the network is not known."""

    options: Mapping[str, Any]
    """As Juju gives them, unchecked."""

    programs: Programs
    is_leaving: bool = False
    """Whether this hook is one of a dying unit's last, or its storage goes."""

    is_starting: bool = False
    """Whether this is the hook ``start``, which may take its time."""

    has_started: bool = True
    """Whether ``start`` has run; until then another hook is sure to follow.

    Source: Juju documentation, "Hook", "Unit lifecycle".
    """

    is_arriving: bool = False
    """Whether this hook announces the storage."""

    published: Mapping[str, str] = dataclasses.field(default_factory=dict[str, str])
    """The unit's own peer bag, as it was when the hook began."""

    written: Mapping[str, str] = dataclasses.field(default_factory=dict[str, str])
    """What this hook wrote into it since; nobody knows of that before the hook ends."""

    clients: tuple[wire.Client, ...] = ()
    """The related applications, as they ask now."""

    witness: voting.Request | None = None
    """What the witness asks for, where there is one."""

    told_witness: Mapping[str, str] = dataclasses.field(default_factory=dict[str, str])
    """What it was told; only the leader may read that."""

    planned_units: int = 1
    """How many units the application is going to have, dying ones left out."""

    @property
    def unit(self) -> str:
        """The unit's name."""
        return self.places.unit

    @property
    def says(self) -> Mapping[str, str]:
        """The unit's own peer bag as it will be when the hook ends."""
        return {**self.published, **self.written}

    @property
    def address(self) -> str:
        """Where the others find this unit; while it leaves, what it had told them."""
        return self.addresses.own if self.addresses else self.published.get('address', '')

    @property
    def founds(self) -> bool:
        """Whether this unit is to make the cluster, which is not there yet."""
        return self.makes_cluster and not any(peer.state for peer in self.peers.known)

    @property
    def has_cluster(self) -> bool:
        """Whether there is a cluster to be in: this unit or another one has joined it."""
        return bool(self.published.get('state')) or any(peer.state for peer in self.peers.known)

    @property
    def makes_cluster(self) -> bool:
        """Whether this unit was named to make the cluster, and everything for it is committed."""
        return self.peers.bootstrap == self.unit

    def parse(
        self, accepted: config.Config | None, types: Mapping[str, str] | None = None
    ) -> config.Parsed:
        """Return the options, each faulty one replaced by the last good value.

        Args:
            accepted: The last good ones.
            types: Of PostgreSQL's parameters, where they are known.
        """
        parsed = config.parse(self.options, accepted, types, self.places.scope)
        return undo.taken_back(parsed, undo.known(self))


def read(
    charm: ops.CharmBase, event: ops.EventBase, bags: peers.Bags, *, has_started: bool = True
) -> Desired:
    """Return what is wanted, at the beginning of a hook."""
    told = bags.read()
    policy = wire.Policy(
        allow_admin=charm.config.get('allow-db-admin') is not False,
        extensions=frozenset(str(charm.config.get('allowed-extensions', '')).split()),
        generations=passwords.read_rotations(told.rotations),
    )
    asked, answered = bags.witness()
    is_leaving = isinstance(event, ops.StorageDetachingEvent | ops.StopEvent | ops.RemoveEvent)
    return Desired(
        places=places(charm),
        is_leader=charm.unit.is_leader(),
        peers=told,
        addresses=None
        if is_leaving
        else network.addresses(charm.model, (peers.RELATION, *wire.ENDPOINTS)),
        options=dict(charm.config),
        programs=_programs(),
        is_leaving=is_leaving,
        is_starting=isinstance(event, ops.StartEvent),
        has_started=has_started,
        is_arriving=isinstance(event, ops.StorageAttachedEvent),
        published=bags.published(),
        clients=bags.clients.judged(policy),
        witness=asked,
        told_witness=answered,
        planned_units=charm.app.planned_units(),
    )


def places(charm: ops.CharmBase) -> layout.Layout:
    """Return the places of the unit that *charm* runs on."""
    attached = charm.model.storages[STORAGE]
    return layout.Layout(
        unit=charm.unit.name,
        model_uuid=charm.model.uuid,
        storage=Path(attached[0].location) if attached else None,
    )


def _programs() -> Programs:
    return Programs(
        python=sys.executable,
        source=Path(__file__).absolute().parents[1],
        python_path=os.environ.get('PYTHONPATH', ''),
        juju_exec=shutil.which('juju-exec') or '',
    )
