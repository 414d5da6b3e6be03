"""What is: storage, packages, files, services, Patroni and the catalogue of this unit."""

from __future__ import annotations

import dataclasses
import functools
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from . import (
    certificates,
    cluster,
    config,
    consensus,
    contact,
    database,
    desired,
    errors,
    etcd,
    failure,
    files,
    https,
    layout,
    memory,
    packages,
    parameters,
    patroni,
    peers,
    ports,
    reach,
    services,
    takeover,
    volume,
    witness,
)
from .clients import grants


@dataclasses.dataclass(frozen=True)
class Observed:
    """The unit as it is."""

    volume: volume.Volume
    closed: Path | None = None
    """A folder above the unit's files that the services' user may not pass through."""

    accepted: config.Config | None = None
    """The last good options."""

    accepted_at: float = 0.0
    """When they became that, seconds since 1970."""

    proven: config.Config | None = None
    """The last options with which the server ran."""

    failure: failure.Failure | None = None
    """The last start of the server, where it failed."""

    version: str = ''
    """PostgreSQL's major version here: the data's, else the option's, else the distribution's."""

    is_fenced: bool = False
    """Whether an operator keeps PostgreSQL stopped here."""

    missing: tuple[str, ...] = ()
    """Packages that have to be installed."""

    binaries: packages.Binaries | None = None
    """Where the programs are; None while packages are missing."""

    parameters: Mapping[str, str] | None = None
    """PostgreSQL's own and their types; None while it isn't there, or the operator sets none."""

    ports: ports.Ports | None = None
    machine: memory.Machine | None = None
    units_on_machine: int = 1
    certificate: certificates.Issued | None = None
    files: Mapping[Path, str] = dataclasses.field(default_factory=dict[Path, str], repr=False)
    """Content of those that the plan may write; missing ones are left out."""

    access_at: float = 0.0
    """When pg_hba.conf or pg_ident.conf was written last, seconds since 1970."""

    services: services.Running = dataclasses.field(default_factory=lambda: services.Running({}))
    patroni: cluster.State | None = None
    """None while it does not answer."""

    shared: Mapping[str, object] | None = None
    """The dynamic configuration; None while there is none."""

    cluster: cluster.Cluster | None = None
    """The members as the local Patroni sees them; None while it doesn't answer or has no etcd."""

    start: etcd.Start | None = None
    """How the unit's etcd began; None where it has none."""

    etcd: consensus.View | None = None
    """The etcd cluster; None while no voter that we know has a majority."""

    witnesses: frozenset[str] = frozenset()
    """Peer URLs of witnesses that are there; looked for by the leader and the primary only."""

    rivals: tuple[str, ...] = ()
    """Other units that answer and whose bags say ``master``; looked for by a primary only."""

    others_answer: bool = False
    """Whether anything of other units answers; looked for only while etcd is away."""

    silent_since: float | None = None
    """Since when none of them does, as far as hooks looked; seconds since 1970."""

    gap: contact.Gap | None = None
    """Where the primary's log went on after this unit had lost etcd."""

    copied: tuple[int, int] = (0, 0)
    """Bytes of the base copy that this unit has, and of the whole; zero while there is none."""

    database: database.Catalogue | None = None
    """None while PostgreSQL takes no connections, or is only being made."""

    def settings(self, options: config.Config) -> Mapping[str, str]:
        """Return the parameters of a server with *options* on this machine."""
        assert self.machine is not None
        profile = memory.settings(
            options.profile,
            self.machine.memory_bytes,
            self.machine.cores,
            self.units_on_machine,
            options.max_connections,
            options.shared_buffers,
        )
        return {**profile, **options.extra_pg_conf}


def observe(wanted: desired.Desired) -> Observed:
    """Look at everything that the plan may depend on; changes nothing."""
    places = wanted.places
    secrets = wanted.peers.secrets
    found = volume.inspect(places, secrets.token if secrets else None)
    if found.content is volume.Content.ABSENT:
        return Observed(found, services=services.find(places).running())
    accepted = read_options(places.accepted)
    parsed = wanted.parse(accepted)
    version = (found.marker.version if found.marker else '') or (
        parsed.config.version or packages.default_version()
    )
    missing = packages.missing(version)
    numbers = ports.remembered(layout.machine_root(), places.key)
    binaries = None if missing else packages.binaries(version)
    seen = Observed(
        volume=found,
        closed=reach.closed_folder((places.storage or Path('/'), Path(sys.prefix))),
        accepted=accepted,
        accepted_at=places.accepted.stat().st_mtime if accepted else 0.0,
        proven=read_options(places.proven),
        failure=failure.read(places),
        version=version,
        is_fenced=places.fence.exists(),
        missing=missing,
        binaries=binaries,
        parameters=parameters.known(binaries.pg_bin_dir / 'postgres')
        if binaries is not None and parsed.config.extra_pg_conf
        else None,
        ports=numbers,
        machine=memory.machine(),
        units_on_machine=ports.count(layout.machine_root()),
        certificate=certificates.read(places),
        files=_read((places.patroni_settings, places.hba, places.ident, places.asks_first)),
        access_at=max(
            (path.stat().st_mtime for path in (places.hba, places.ident) if path.exists()),
            default=0.0,
        ),
        services=services.find(places).running(),
        start=etcd.read_start(places),
        gap=contact.read(places.contact),
        silent_since=float(files.read(places.silent_since) or 0) or None,
    )
    if numbers is None or not wanted.address or seen.certificate is None:
        return seen
    members = consensus.look(etcd_doors(wanted, seen))
    seen = dataclasses.replace(seen, etcd=members)
    is_primary = wanted.published.get('state') in ('master', 'standalone')
    if members is not None and (wanted.is_leader or wanted.is_leaving or is_primary):
        door = patroni_door(wanted, numbers)
        there = witness.present(wanted.witness, wanted.told_witness, members, door)
        seen = dataclasses.replace(seen, witnesses=there)
    if seen.etcd is None:
        others = wanted.published.get('others', '')
        seen = dataclasses.replace(seen, others_answer=takeover.answer(others))
    if 'patroni' not in seen.services.digests:
        return seen
    door = patroni_door(wanted, numbers)
    state = cluster.observe(door)
    if state is None or secrets is None:
        return dataclasses.replace(seen, patroni=state)
    seen = dataclasses.replace(seen, patroni=state, cluster=cluster.look(door))
    if not state.is_running:
        return dataclasses.replace(seen, copied=_copied(wanted, seen, secrets))
    try:
        shared = cluster.shared_settings(door)
    except errors.UnreachableError:
        shared = None
    if state.is_primary and shared is None and not wanted.published.get('state'):
        return seen  # Patroni still makes the cluster, and makes users just now as we would
    server = database.observe(places, numbers.postgresql, secrets)
    return dataclasses.replace(
        seen,
        shared=shared,
        database=_with_standbys(server, wanted, secrets) if server else None,
        rivals=_rivals(wanted, numbers) if state.is_primary else (),
    )


def _with_standbys(
    server: database.Catalogue, wanted: desired.Desired, secrets: peers.Secrets
) -> database.Catalogue:
    """Add who of the users that nobody needs here any more is connected to a standby."""
    former = grants.outlived(wanted.clients, server.clients, time.time())
    if not server.is_primary or not former:
        return server
    standbys = [
        (peer.address, peer.postgresql)
        for peer in wanted.peers.known
        if peer.state == 'hot standby'
    ]
    busy = server.clients.busy | database.busy_elsewhere(standbys, secrets, former)
    return dataclasses.replace(server, clients=dataclasses.replace(server.clients, busy=busy))


def _rivals(wanted: desired.Desired, numbers: ports.Ports) -> tuple[str, ...]:
    if wanted.published.get('state') == 'master':
        return ()  # that was asked before we said so
    return tuple(
        peer.unit
        for peer in wanted.peers.known
        if peer.state == 'master' and _answers(peer_door(wanted, peer, numbers))
    )


@functools.cache
def _answers(door: https.Door) -> bool:
    """Tell whether another unit's Patroni answers: a dead one costs a second, once in a hook."""
    return cluster.observe(door) is not None


def _copied(wanted: desired.Desired, seen: Observed, secrets: peers.Secrets) -> tuple[int, int]:
    """Return how far the base copy is, as the primary sees it."""
    assert seen.patroni is not None
    leader = seen.cluster.member(seen.cluster.leader) if seen.cluster else None
    if leader is None or 'creating replica' not in seen.patroni.state:
        return (0, 0)
    return database.copied(leader.host, leader.port, secrets, wanted.address)


def is_listening(places: layout.Layout) -> bool:
    """Tell whether a PostgreSQL of this unit has its socket, or had it when it was killed."""
    return any(places.socket_folder.glob('.s.PGSQL.*'))


def patroni_door(wanted: desired.Desired, numbers: ports.Ports) -> https.Door:
    """Return the way to this unit's Patroni."""
    secrets = wanted.peers.secrets
    return https.Door(
        wanted.address,
        numbers.patroni,
        wanted.places.ca,
        wanted.places.certificate,
        wanted.places.private_key,
        patroni.REST_USER,
        secrets.rest_password if secrets else '',
    )


def peer_door(wanted: desired.Desired, peer: peers.Peer, numbers: ports.Ports) -> https.Door:
    """Return the way to another unit's Patroni."""
    own = patroni_door(wanted, numbers)
    return dataclasses.replace(own, address=peer.address, port=peer.patroni)


def etcd_doors(wanted: desired.Desired, seen: Observed) -> tuple[https.Door, ...]:
    """Return the ways to all members of etcd that may be there, the most promising first."""
    hosts: list[str] = []
    # Of one that was taken over from, its own etcd and Patroni's settings tell an earlier time.
    if not takeover.is_outlived(wanted, seen):
        if seen.start is not None and 'etcd' in seen.services.digests and seen.ports is not None:
            hosts.append(patroni.join(wanted.address, seen.ports.etcd_client))
        hosts += known_hosts(wanted, seen)
    hosts += [patroni.join(peer.address, peer.etcd_client) for peer in wanted.peers.known]
    places = wanted.places
    return https.doors(dict.fromkeys(hosts), places.ca, places.certificate, places.private_key)


def known_hosts(wanted: desired.Desired, seen: Observed) -> tuple[str, ...]:
    """Return where etcd was when Patroni's settings were written."""
    text = seen.files.get(wanted.places.patroni_settings)
    return patroni.etcd_hosts(text) if text else ()


def read_options(path: Path) -> config.Config | None:
    """Return options that were written down, or None where there are none yet."""
    text = files.read(path)
    return None if text is None else config.from_json(text)


def _read(paths: tuple[Path, ...]) -> Mapping[Path, str]:
    contents = ((path, files.read(path)) for path in paths)
    return {path: content for path, content in contents if content is not None}
