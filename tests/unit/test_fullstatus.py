"""Tests of the status, show-unit, storage and model listings that are read from the tables."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jubilant.modeltypes
import jubilant.statustypes
import jubilant.unittypes
import pytest

from solo import errors
from solo.charm import metadata, prepare
from solo.state import charms, db, fullmodels, fullstatus, fullstorage, fullunit

NOW = 1_767_322_800.0  # 2026-01-02 03:00:00 UTC
METADATA: dict[str, Any] = {
    'provides': {'db': {'interface': 'pgsql'}},
    'peers': {'mesh': {'interface': 'mesh'}},
}


def read(kind: Any, found: dict[str, Any]) -> Any:
    """Return *found* as jubilant reads it into one of its classes."""
    return kind._from_dict(found)


class World:
    """A database with one model, filled row by row."""

    def __init__(self, tx: db.Transaction) -> None:
        self.tx = tx
        self.model = tx.insert('model', name='m', uuid='u-123456', created=NOW)

    def machine(self, name: str, **more: Any) -> int:
        columns: dict[str, Any] = {
            'provider': 'local',
            'since': NOW,
            'status': 'started',
            'address': '127.1.0.2',
            'base': '{"name": "debian", "channel": "12/stable"}',
        }
        return self.tx.insert('machine', model=self.model, name=name, **{**columns, **more})

    def application(self, name: str, declared: dict[str, Any] | None = None, **more: Any) -> int:
        read = metadata.parse({**(declared or METADATA), 'name': name}, {}, {})
        charm = charms.add(self.tx, self.model, prepare.Prepared(read, '', Path('/charm'), ''))
        return self.tx.insert('application', model=self.model, name=name, charm=charm, **more)

    def unit(self, application: int, number: int, **more: Any) -> int:
        columns: dict[str, Any] = {
            'workload_since': NOW,
            'agent_since': NOW,
            'workload_status': 'active',
            'workload_message': '',
            'agent_status': 'idle',
        }
        return self.tx.insert(
            'unit', application=application, number=number, **{**columns, **more}
        )

    def relation(self, number: int, scope: str = 'global', **ends: tuple[int, str]) -> int:
        row = self.tx.insert(
            'relation', model=self.model, number=number, interface='pgsql', scope=scope, since=NOW
        )
        for role, (application, endpoint) in ends.items():
            self.tx.execute(
                'INSERT INTO relation_endpoint (relation, application, endpoint, role, bag)'
                ' VALUES (?, ?, ?, ?, ?)',
                row,
                application,
                endpoint,
                role,
                json.dumps({'from': role}),
            )
        return row

    def status(self) -> dict[str, Any]:
        return fullstatus.status(self.tx, self.model, now=NOW, utc=True)

    def app(self, name: str) -> dict[str, Any]:
        return self.status()['applications'][name]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    database = db.Database(tmp_path / 'solo.db')
    with database.write() as tx:
        yield World(tx)
    database.close()


def test_empty_model_has_its_three_maps(world: World) -> None:
    found = world.status()

    assert found['machines'] == {} and found['applications'] == {}
    assert found['model']['name'] == 'm'
    assert found['model']['type'] == 'iaas'
    assert found['storage'] == {}


def test_application_and_unit_have_jujus_keys(world: World) -> None:
    app = world.application('pg', version='15.14')
    unit = world.unit(app, 0, machine=world.machine('0'))
    world.tx.update('application', app, lease_holder=unit)
    world.tx.execute("INSERT INTO port VALUES (?, '', 5432, 5432, 'tcp')", unit)

    found = world.app('pg')

    assert found == {
        'charm': 'local:pg-0',
        'base': {'name': 'debian', 'channel': '12'},
        'charm-origin': 'local',
        'charm-name': 'pg',
        'charm-rev': 0,
        'exposed': False,
        'application-status': {'current': 'active', 'since': '2026-01-02 03:00:00Z'},
        'units': {
            'pg/0': {
                'workload-status': {'current': 'active', 'since': '2026-01-02 03:00:00Z'},
                'juju-status': {
                    'current': 'idle',
                    'since': '2026-01-02 03:00:00Z',
                    'version': '3.6.9',
                },
                'leader': True,
                'machine': '0',
                'open-ports': ['5432/tcp'],
                'public-address': '127.1.0.2',
            }
        },
        'version': '15.14',
        'endpoint-bindings': {'': 'alpha', 'db': 'alpha', 'mesh': 'alpha'},
    }


def test_failed_hook_shows_as_a_workload_in_error(world: World) -> None:
    world.unit(
        world.application('pg'),
        0,
        agent_status='error',
        agent_message='hook failed: "install"',
    )

    unit = world.app('pg')['units']['pg/0']

    assert unit['workload-status']['current'] == 'error'
    assert unit['workload-status']['message'] == 'hook failed: "install"'
    assert unit['juju-status']['current'] == 'idle'
    assert 'message' not in unit['juju-status']


def test_application_status_is_that_of_its_worst_unit(world: World) -> None:
    app = world.application('pg')
    world.unit(app, 0, workload_message='fine')
    world.unit(app, 1, workload_status='blocked', workload_message='no disk')

    info = world.app('pg')['application-status']

    assert (info['current'], info['message']) == ('blocked', 'no disk')


def test_application_status_set_by_the_leader_hides_the_units(world: World) -> None:
    app = world.application('pg', status='active', status_message='mine', status_since=NOW)
    world.unit(app, 0, agent_status='error', agent_message='hook failed: "start"')

    assert world.app('pg')['application-status']['message'] == 'mine'


def test_fresh_application_waits_for_a_machine(world: World) -> None:
    world.application('pg')

    assert world.app('pg')['application-status']['message'] == 'waiting for machine'


def test_subordinates_are_nested_below_their_principal(world: World) -> None:
    machine = world.machine('0')
    principal, log = (
        world.application('pg'),
        world.application(
            'log',
            {
                'subordinate': True,
                'requires': {'info': {'interface': 'juju-info', 'scope': 'container'}},
            },
        ),
    )
    unit = world.unit(principal, 0, machine=machine)
    world.unit(log, 0, machine=machine, principal=unit)
    world.relation(1, 'container', provides=(principal, 'juju-info'), requires=(log, 'info'))

    found = world.status()

    below = found['applications']['pg']['units']['pg/0']['subordinates']['log/0']
    assert 'machine' not in below
    assert 'units' not in found['applications']['log']
    assert found['applications']['log']['subordinate-to'] == ['pg']
    assert found['_relations'][0]['type'] == 'subordinate'


def test_relations_lie_under_each_application(world: World) -> None:
    pg, web = world.application('pg'), world.application('web')
    world.relation(0, peers=(pg, 'mesh'))
    world.relation(1, provides=(pg, 'db'), requires=(web, 'database'))

    found = world.status()

    assert found['applications']['pg']['relations'] == {
        'mesh': [{'related-application': 'pg', 'interface': 'pgsql', 'scope': 'global'}],
        'db': [{'related-application': 'web', 'interface': 'pgsql', 'scope': 'global'}],
    }
    assert [each['type'] for each in found['_relations']] == ['peer', 'regular']
    assert found['_relations'][1]['provider'] == 'pg:db'


def test_dying_things_stay_with_their_life(world: World) -> None:
    app = world.application('pg', life='dying')
    world.unit(app, 0, life='dying')

    found = world.app('pg')

    assert found['life'] == 'dying'
    assert found['units']['pg/0']['juju-status']['life'] == 'dying'


def test_alive_things_say_nothing_of_their_life(world: World) -> None:
    world.unit(world.application('pg'), 0)

    assert 'life' not in json.dumps(world.status())


def test_machine_has_jujus_keys(world: World) -> None:
    world.machine('0')
    world.machine('10', status='pending', address='')

    machines = world.status()['machines']

    assert list(machines) == ['0', '10']
    assert machines['0']['dns-name'] == '127.1.0.2'
    assert machines['0']['machine-status']['current'] == 'running'
    assert machines['10']['juju-status']['current'] == 'pending'
    assert 'dns-name' not in machines['10']


def test_exposed_application_says_so(world: World) -> None:
    world.application('pg', exposed='{"": ["0.0.0.0/0"]}')

    assert world.app('pg')['exposed'] is True


def test_jubilant_reads_all_of_it(world: World) -> None:
    pg, web = world.application('pg'), world.application('web')
    unit = world.unit(pg, 0, machine=world.machine('0'))
    world.relation(1, provides=(pg, 'db'), requires=(web, 'database'))
    _store(world, unit)

    status = read(jubilant.statustypes.Status, world.status())

    assert status.get_units('pg')['pg/0'].is_active
    assert status.apps['pg'].relations['db'][0].related_app == 'web'
    assert status.storage.storage['data/0'].status.current == 'attached'


def _store(world: World, unit: int | None, name: str = 'data/0') -> None:
    world.tx.insert(
        'storage',
        model=world.model,
        name=name,
        unit=unit,
        kind='filesystem',
        pool='local',
        size_mb=1024,
        location='/srv/data',
        folder='/somewhere',
        attached=int(unit is not None),
        since=NOW,
    )


def test_storage_names_its_unit_and_place(world: World) -> None:
    _store(world, world.unit(world.application('pg'), 0, machine=world.machine('0')))
    _store(world, None, 'data/1')

    found = fullstorage.storage(world.tx, world.model, utc=True)

    assert found['storage']['data/0'] == {
        'kind': 'filesystem',
        'life': 'alive',
        'status': {'current': 'attached', 'since': '2026-01-02 03:00:00Z'},
        'persistent': True,
        'attachments': {
            'units': {'pg/0': {'machine': '0', 'location': '/srv/data', 'life': 'alive'}}
        },
    }
    assert found['storage']['data/1']['status']['current'] == 'detached'
    assert 'attachments' not in found['storage']['data/1']
    read(jubilant.statustypes.CombinedStorage, found)


def test_no_storage_is_an_empty_map(world: World) -> None:
    assert fullstorage.storage(world.tx, world.model) == {}


def test_show_unit_has_the_bags_of_both_sides(world: World) -> None:
    pg, web = world.application('pg'), world.application('web')
    world.unit(pg, 0, machine=world.machine('0'))
    relation = world.relation(3, provides=(pg, 'db'), requires=(web, 'database'))
    for name, unit in (('pg/0', 1), ('web/0', 2)):
        world.tx.execute(
            'INSERT INTO relation_unit (relation, unit_name, unit, bag) VALUES (?, ?, ?, ?)',
            relation,
            name,
            unit,
            json.dumps({'of': name}),
        )

    found = fullunit.show(world.tx, world.model, 'pg/0')['pg/0']

    assert found['opened-ports'] == []
    assert found['leader'] is False
    assert found['relation-info'] == [
        {
            'relation-id': 3,
            'endpoint': 'db',
            'related-endpoint': 'database',
            'application-data': {'from': 'requires'},
            'local-unit': {'in-scope': True, 'data': {'of': 'pg/0'}},
            'related-units': {'web/0': {'in-scope': True, 'data': {'of': 'web/0'}}},
        }
    ]
    read(jubilant.unittypes.UnitInfo, found)


def test_show_unit_of_a_peer_reads_its_own_application(world: World) -> None:
    pg = world.application('pg')
    world.unit(pg, 0)
    world.relation(0, peers=(pg, 'mesh'))

    found = fullunit.show(world.tx, world.model, 'pg/0')['pg/0']['relation-info'][0]

    assert (found['endpoint'], found['related-endpoint']) == ('mesh', 'mesh')
    assert found['application-data'] == {'from': 'peers'}


def test_show_unit_that_is_not_there(world: World) -> None:
    with pytest.raises(errors.Error, match=r'^unit "pg/9" not found \(not found\)$'):
        fullunit.show(world.tx, world.model, 'pg/9')


def test_model_is_described_as_jubilant_reads_it(world: World) -> None:
    world.unit(world.application('pg'), 0, machine=world.machine('0'))
    row = world.tx.one('SELECT * FROM model')
    assert row is not None

    found = fullmodels.describe(world.tx, row, controller='c', utc=True)

    info = read(jubilant.modeltypes.ModelInfo, found)
    assert (info.short_name, info.name, info.model_uuid) == ('m', 'admin/m', 'u-123456')
    assert list(info.machines) == ['0']
