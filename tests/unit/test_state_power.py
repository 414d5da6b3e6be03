"""When agents that are away are shown as lost, and when another may lead."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Generator
from pathlib import Path

import pytest

from solo.charm import metadata, prepare
from solo.state import charms, db, machines, power


@dataclasses.dataclass(frozen=True)
class World:
    """A leader alone on its machine."""

    tx: db.Transaction
    machine: int
    unit: int

    def switch(self, to: power.Power, now: float, *, orderly: bool = False) -> None:
        row = machines.row(self.tx, self.machine)
        power.switch(self.tx, row, to, orderly=orderly, now=now)

    @property
    def agent(self) -> str:
        return self.tx.value('SELECT agent_status FROM unit')


@contextlib.contextmanager
def opened(path: Path) -> Generator[World, None, None]:
    database = db.Database(path)
    with database.write() as tx:
        model = tx.insert('model', name='m', uuid='u', created=0.0)
        machine = tx.insert(
            'machine', model=model, name='0', provider='namespace', since=0.0, status='started'
        )
        read = metadata.parse({'name': 'a'}, {}, {})
        charm = charms.add(tx, model, prepare.Prepared(read, '', Path('/charm'), ''))
        application = tx.insert('application', model=model, name='a', charm=charm)
        unit = tx.insert(
            'unit',
            application=application,
            number=0,
            machine=machine,
            workload_since=0.0,
            agent_since=0.0,
            agent_status='idle',
        )
        tx.update('application', application, lease_holder=unit)
        yield World(tx, machine, unit)
    database.close()


def test_a_silent_agent_is_lost_after_jujus_time(tmp_path: Path):
    """Source: juju: apiserver/admin.go, a client that sends no ping for 3 minutes is gone."""
    with opened(tmp_path / 'solo.db') as world:
        world.switch('off', 1000.0)

        assert power.show_lost(world.tx, now=1179.0) == 1180.0
        assert world.agent == 'idle'
        assert power.show_lost(world.tx, now=1180.0) is None
        assert world.agent == 'lost'
        assert world.tx.value('SELECT status FROM machine') == 'down'
        world.switch('on', 1200.0)
        assert world.agent == 'idle'
        assert power.next_lost(world.tx) is None


@pytest.mark.parametrize(('orderly', 'due'), [(True, 1000.0), (False, 1180.0)])
def test_who_says_good_bye_is_lost_at_once(tmp_path: Path, orderly: bool, due: float):
    with opened(tmp_path / 'solo.db') as world:
        world.switch('off', 1000.0, orderly=orderly)

        assert power.next_lost(world.tx) == due


def test_the_lease_of_a_leader_that_is_away_runs_out_long_before(tmp_path: Path):
    with opened(tmp_path / 'solo.db') as world:
        world.switch('frozen', 1000.0)

        assert world.tx.value('SELECT lease_expires FROM application') == 1030.0
        world.switch('on', 1001.0)
        assert world.tx.value('SELECT lease_expires FROM application') is None
