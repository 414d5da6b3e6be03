"""Whole valid values of the charm, and a machine that is only a value."""

from __future__ import annotations

import contextlib
import dataclasses
import datetime as dt
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from pgcharm import (
    certificates,
    cluster,
    database,
    desired,
    layout,
    memory,
    network,
    observed,
    packages,
    patroni,
    peers,
    perform,
    plan,
    reconcile,
    services,
    steps,
    volume,
)

NOW = dt.datetime(2030, 1, 1, tzinfo=dt.timezone.utc)
UUID = 'f00dfeed-0000-4000-8000-000000000000'
TOKEN = 'token-of-pg'
BINARIES = packages.Binaries(
    Path('/usr/lib/postgresql/16/bin'),
    Path('/usr/bin/etcd'),
    Path('/usr/bin/etcdctl'),
)


def places(unit: str = 'pg/0', storage: Path | None = Path('/srv/pgdata')) -> layout.Layout:
    return layout.Layout(unit, UUID, storage)


def secrets(**changes: str) -> peers.Secrets:
    values = {field.name: f'{field.name}-0' for field in dataclasses.fields(peers.Secrets)}
    return peers.Secrets(**{**values, 'token': TOKEN, 'bootstrap': 'pg/0', **changes})


def bags(**changes: Any) -> peers.Peers:
    values: dict[str, Any] = {'is_related': True, 'is_told': True, 'secrets': secrets()}
    return peers.Peers(**{**values, **changes})


def wanted(**changes: Any) -> desired.Desired:
    values: dict[str, Any] = {
        'places': places(),
        'is_leader': True,
        'peers': bags(),
        'addresses': network.Addresses(('10.0.0.1',), ('10.0.0.1',), ('10.0.0.1',)),
        'options': options(),
        'programs': desired.Programs('/usr/bin/python3', Path('/charm/src'), 'lib:venv', '/j-e'),
    }
    return desired.Desired(**{**values, **changes})


def options(**changes: Any) -> Mapping[str, Any]:
    values: dict[str, Any] = {
        'version': '',
        'locale': 'C.UTF-8',
        'encoding': 'UTF8',
        'data-checksums': True,
        'listen-port': 5432,
        'max-connections': 100,
        'shared-buffers': '',
        'profile': 'production',
        'extra-pg-conf': '',
        'extra-pg-auth': '',
        'admin-addresses': '',
        'synchronous-mode': 'auto',
        'failover-lease': 7,
        'maximum-lag-on-failover': 1048576,
    }
    return {**values, **{name.replace('_', '-'): value for name, value in changes.items()}}


def observed_(**changes: Any) -> observed.Observed:
    values: dict[str, Any] = {
        'volume': volume.Volume(volume.Content.EMPTY),
        'version': '16',
        'binaries': BINARIES,
        'machine': memory.Machine(8 << 30, 4),
    }
    return observed.Observed(**{**values, **changes})


def running(wanted_: desired.Desired | None = None) -> observed.Observed:
    """Return a unit on which everything that *wanted_* asks for is done."""
    machine = Machine(observed_())
    machine.settle(wanted_ or wanted())
    return machine.seen


def peer(number: str, state: str) -> Mapping[str, str]:
    """Return the bag of the unit of that number, with an address of its own."""
    return {
        'address': f'10.0.0.1{number}',
        'client-address': f'10.0.0.1{number}',
        'postgresql-port': '5432',
        'patroni-port': '8008',
        'etcd-client-port': '2379',
        'etcd-peer-port': '2380',
        'state': state,
    }


def cluster_of(leader: str, *members: str) -> cluster.Cluster:
    """Return the cluster of these members, all of them streaming."""
    return cluster.Cluster(
        tuple(
            cluster.Member(
                name,
                'leader' if name == leader else 'replica',
                'running' if name == leader else 'streaming',
                '10.0.0.1',
                5432,
                1,
                0,
            )
            for name in members
        )
    )


class Machine:
    """A machine on which every step succeeds at once."""

    def __init__(self, seen: observed.Observed) -> None:
        self.seen = seen
        self.done: list[steps.Step] = []

    @property
    def workload(self) -> reconcile.Workload:
        """This machine for :func:`pgcharm.reconcile.reconcile`."""
        return reconcile.Workload(
            self.observe,
            self.execute,
            is_listening=lambda _: True,
            busy=lambda _: contextlib.nullcontext(),
        )

    def observe(self, wanted_: desired.Desired) -> observed.Observed:
        if wanted_.places.storage is None:
            return dataclasses.replace(self.seen, volume=volume.Volume(volume.Content.ABSENT))
        found, token = self.seen.volume, wanted_.peers.secrets
        cluster = token.token if token else ''
        if (
            found.content is volume.Content.OURS
            and found.marker
            and found.marker.cluster != cluster
        ):
            found = dataclasses.replace(found, content=volume.Content.FORMER)
        return dataclasses.replace(self.seen, volume=found)

    def execute(
        self,
        step: steps.Step,
        places_: layout.Layout,
        bags_: peers.Bags,
        tell: Callable[[str], None],
    ) -> None:
        if isinstance(step, (steps.MakeSecrets, steps.ShareSecret, steps.Publish)):
            perform.execute(step, places_, bags_, tell)
        self.apply(step)

    def settle(self, wanted_: desired.Desired) -> list[steps.Step]:
        """Plan and act until nothing is left; return the steps."""
        first = len(self.done)
        for _ in range(10):
            seen = self.observe(wanted_)
            todo = [step for step in plan.plan(wanted_, seen, NOW) if not _is_juju(step)]
            if not todo:
                return self.done[first:]
            for step in todo:
                self.apply(step)
        raise AssertionError(f'the plan has no end: {self.done[-5:]}')

    def apply(self, step: steps.Step) -> None:
        """Change what is there as *step* would."""
        self.done.append(step)
        seen = self.seen
        match step:
            case steps.Install():
                seen = dataclasses.replace(seen, missing=(), binaries=BINARIES)
            case steps.Accept():
                seen = dataclasses.replace(seen, accepted=step.options, accepted_at=1000.0)
            case steps.Prove():
                seen = dataclasses.replace(seen, proven=step.options)
            case steps.AllocatePorts():
                seen = dataclasses.replace(seen, ports=step.first)
            case steps.Claim():
                has_data = seen.volume.has_data
                ours = volume.Volume(volume.Content.OURS, step.marker, has_data=has_data)
                seen = dataclasses.replace(seen, volume=ours)
            case steps.IssueCertificate():
                issued = certificates.Issued(
                    step.names, NOW + dt.timedelta(days=365), certificates.digest(step.ca)
                )
                seen = dataclasses.replace(seen, certificate=issued)
            case steps.WriteFile():
                seen = dataclasses.replace(seen, files={**seen.files, step.path: step.content})
            case steps.NoteSilence():
                seen = dataclasses.replace(seen, silent_since=step.since)
            case steps.BeginEtcd():
                seen = dataclasses.replace(seen, start=step.start)
            case steps.KeepServices():
                digests = {service.name: service.digest for service in step.services}
                seen = dataclasses.replace(seen, services=services.Running(digests))
                if seen.patroni is None:
                    seen = dataclasses.replace(
                        seen,
                        patroni=cluster.State(
                            'primary', 'running', 160004, 1, settings=_loaded(seen)
                        ),
                        shared=patroni.dynamic({'max_connections': '100'}, patroni.Safety()),
                        database=database.Catalogue(True, (database.OPERATOR,), 10.0, (), 10.0),
                    )
            case steps.ChangeShared():
                assert seen.patroni is not None
                pending = dataclasses.replace(seen.patroni, pending=('max_connections',))
                seen = dataclasses.replace(seen, shared=step.changes, patroni=pending)
            case steps.RestartPostgres():
                assert seen.patroni is not None and seen.database is not None
                seen = dataclasses.replace(
                    seen,
                    patroni=dataclasses.replace(seen.patroni, pending=()),
                    database=dataclasses.replace(seen.database, started_at=2000.0),
                )
            case steps.SetPasswords():
                assert seen.database is not None
                left = tuple(u for u in seen.database.stale_users if u not in step.passwords)
                seen = dataclasses.replace(
                    seen, database=dataclasses.replace(seen.database, stale_users=left)
                )
            case steps.ReloadPatroni():
                assert seen.patroni is not None
                loaded = dataclasses.replace(seen.patroni, settings=_loaded(seen))
                seen = dataclasses.replace(seen, patroni=loaded)
            case steps.Leave():
                seen = dataclasses.replace(
                    seen,
                    volume=dataclasses.replace(seen.volume, marker=step.marker),
                    services=services.Running({}),
                    ports=None,
                    patroni=None,
                    database=None,
                )
            case _:
                pass
        self.seen = seen


def _loaded(seen: observed.Observed) -> str:
    settings = [text for path, text in seen.files.items() if path.name == 'patroni.yml']
    return patroni.digest(settings[0])


def _is_juju(step: steps.Step) -> bool:
    return isinstance(step, (steps.MakeSecrets, steps.ShareSecret, steps.Publish))
