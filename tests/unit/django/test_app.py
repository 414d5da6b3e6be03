"""python-django from event to state, on a machine that is only a value."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from ops import testing

from djangocharm import app, environment, errors, places, site

SPEC: dict[str, Any] = yaml.safe_load(
    (Path(app.__file__).parents[2] / 'charmcraft.yaml').read_text()
)
BAG = {
    'state': 'standalone',
    'host': '10.0.0.9',
    'port': '5432',
    'user': 'juju_site',
    'password': 'pw',
    'database': 'site',
    'allowed-units': 'site/0',
}


@dataclasses.dataclass
class Machine:
    """Django and gunicorn as far as the charm can see them."""

    unapplied: tuple[str, ...] = ('guestbook.0001_initial',)
    fault: str = ''
    failure: str = ''
    migrated: int = 0
    seen: list[site.Code] = dataclasses.field(default_factory=list[site.Code])

    def ensure(self, _where: object, requirements: str, *_rest: object) -> environment.Environment:
        if 'no-such-package' in requirements:
            raise errors.Error('cannot install requirements: no-such-package was not found')
        return environment.Environment('env', '/env/bin/python', '/env/packages')

    def prepare(self, code: site.Code, facts: Path, *, migrates: bool) -> site.Seen:
        self.seen.append(code)
        has_database = bool(json.loads(facts.read_text())['databases'])
        state = 'read-write' if has_database else 'none'
        failure = ''
        if self.unapplied and migrates:
            failure = self.failure
            if not failure:
                self.unapplied = ()
                self.migrated += 1
        unapplied = self.unapplied if has_database else ()
        return site.Seen(self.fault, state, '', unapplied, failure=failure)

    @property
    def workload(self) -> app.Workload:
        return app.Workload(
            self.ensure,
            self.prepare,
            lambda _host, _port, _unit: True,
        )


@dataclasses.dataclass
class Deployment:
    """One unit."""

    context: testing.Context[Any]
    machine: Machine
    folder: Path
    state: testing.State

    def update(self) -> testing.State:
        self.state = self.context.run(self.context.on.update_status(), self.state)
        return self.state

    def replace(self, **changes: Any) -> None:
        self.state = dataclasses.replace(self.state, **changes)

    def remove(self, endpoint: str) -> None:
        self.replace(relations={one for one in self.state.relations if one.endpoint != endpoint})

    def bag(self) -> dict[str, str]:
        (relation,) = self.state.get_relations('wsgi')
        return dict(relation.local_unit_data)

    def facts(self) -> dict[str, Any]:
        return json.loads((self.folder / 'var' / 'site.json').read_text())


@pytest.fixture
def site_0(tmp_path: Path) -> Iterator[Deployment]:
    machine = Machine()

    class Charm(app.DjangoCharm):
        workload = machine.workload

    context = testing.Context(
        Charm,
        meta={key: SPEC[key] for key in ('name', 'provides', 'requires', 'peers', 'resources')},
        config=SPEC['config'],
        actions=SPEC['actions'],
        app_name='site',
        charm_root=tmp_path,
    )
    empty = tmp_path / 'empty'
    empty.touch()
    state = testing.State(
        leader=True,
        resources={testing.Resource(name='project', path=empty)},
        relations={
            testing.PeerRelation('sites'),
            testing.Relation('pgsql', remote_app_name='pg', remote_units_data={0: BAG}),
            testing.SubordinateRelation('wsgi', remote_app_name='gunicorn'),
        },
    )
    yield Deployment(context, machine, tmp_path, state)


@pytest.fixture(autouse=True)
def _as_ourselves(monkeypatch: pytest.MonkeyPatch):
    """A unit test owns its files, also when root runs it."""
    monkeypatch.setattr(places, 'account', lambda: None)


def test_a_related_unit_migrates_serves_and_is_active(site_0: Deployment):
    state = site_0.update()

    assert state.unit_status == testing.ActiveStatus('port 8080, master pg/0')
    assert state.opened_ports == {testing.TCPPort(8080)}
    assert site_0.machine.migrated == 1
    assert site_0.facts()['databases']['default']['HOST'] == '10.0.0.9'


def test_the_server_is_told_all_that_it_must_know(site_0: Deployment):
    site_0.update()

    bag = site_0.bag()
    assert bag['wsgi_wsgi_file'] == 'guestbook.wsgi'
    assert bag['listen_ip'] == '192.0.2.0'
    assert bag['port'] == '8080'
    assert bag['working_dir'] == str(site_0.folder / 'site')
    assert bag['python_path'].split(':')[-1] == '/env/packages'
    assert 'DJANGO_SETTINGS_MODULE=juju_site.settings' in bag['env_extra']


def test_neither_password_nor_secret_key_reaches_the_server_s_bag(site_0: Deployment):
    site_0.update()

    facts, bag = site_0.facts(), ' '.join(site_0.bag().values())
    assert facts['secret_key']
    assert facts['secret_key'] not in bag
    assert 'pw' not in bag
    assert (site_0.folder / 'var' / 'site.json').stat().st_mode & 0o777 == 0o640


def test_a_failover_reaches_the_site_without_a_reload(site_0: Deployment):
    site_0.update()
    before = site_0.bag()

    moved = testing.Relation(
        'pgsql',
        remote_app_name='pg',
        remote_units_data={
            0: {**BAG, 'state': 'hot standby'},
            1: {**BAG, 'state': 'master', 'host': '10.0.0.8'},
        },
    )
    site_0.replace(
        relations={
            moved,
            *site_0.state.get_relations('wsgi'),
            *site_0.state.get_relations('sites'),
        }
    )
    site_0.update()

    assert site_0.facts()['databases']['default']['HOST'] == '10.0.0.8,10.0.0.9'
    assert site_0.bag() == before


def test_an_option_asks_for_a_reload(site_0: Deployment):
    site_0.update()
    before = site_0.bag()['wsgi_timestamp']

    site_0.replace(config={'debug': True})
    site_0.update()

    assert site_0.bag()['wsgi_timestamp'] != before


def test_without_a_database_nothing_is_tried_twice(site_0: Deployment):
    site_0.remove('pgsql')
    for _ in range(3):
        site_0.update()
    assert len(site_0.machine.seen) == 1

    site_0.machine.fault = 'ImportError: x'
    site_0.replace(config={'settings-module': 'other.settings'})
    for _ in range(2):
        state = site_0.update()
        assert isinstance(state.unit_status, testing.BlockedStatus)
    assert len(site_0.machine.seen) == 3


def test_a_database_that_was_looked_at_a_moment_ago_is_not_looked_at_again(
    site_0: Deployment, monkeypatch: pytest.MonkeyPatch
):
    site_0.update()
    site_0.update()
    assert len(site_0.machine.seen) == 1

    monkeypatch.setattr(app.time, 'time', lambda: 1e12)
    site_0.update()
    assert len(site_0.machine.seen) == 2

    site_0.machine.unapplied = ('x.1',)
    site_0.replace(leader=False)
    monkeypatch.setattr(app.time, 'time', lambda: 2e12)
    for _ in range(2):
        site_0.update()
    assert len(site_0.machine.seen) == 4


def test_the_operator_chooses_the_module_that_is_served(site_0: Deployment):
    site_0.replace(config={'settings-module': 'shop.settings', 'wsgi-module': 'shop.front.wsgi'})
    site_0.update()

    assert site_0.bag()['wsgi_wsgi_file'] == 'shop.front.wsgi'


def test_only_the_leader_migrates(site_0: Deployment):
    secret = testing.Secret({'key': 'k'}, label='secret-key', owner='app')
    site_0.replace(leader=False, secrets={secret})

    state = site_0.update()

    assert site_0.machine.migrated == 0
    assert state.unit_status == testing.WaitingStatus(
        'waiting for the leader to migrate the database'
    )


def test_a_unit_waits_for_the_secret_key_of_its_leader(site_0: Deployment):
    site_0.replace(leader=False)

    state = site_0.update()

    assert state.unit_status == testing.WaitingStatus(
        'waiting for the leader to make the secret key'
    )


def test_the_same_secret_key_is_used_for_ever(site_0: Deployment):
    site_0.update()
    first = site_0.facts()['secret_key']

    site_0.update()

    assert site_0.facts()['secret_key'] == first
    assert len(list(site_0.state.secrets)) == 1


@pytest.mark.parametrize(
    ('breakage', 'message'),
    [
        ({'fault': 'ModuleNotFoundError: no "x"'}, 'the project cannot run: ModuleNotFoundError'),
        ({'failure': 'migrations failed: X'}, 'migrations failed: X'),
    ],
)
def test_code_that_does_not_work_is_not_served(
    site_0: Deployment, breakage: dict[str, str], message: str
):
    site_0.update()
    before = site_0.bag()
    for name, value in breakage.items():
        setattr(site_0.machine, name, value)
    site_0.machine.unapplied = ('x.1',)

    site_0.replace(config={'settings-module': 'other.settings'})
    state = site_0.update()

    assert isinstance(state.unit_status, testing.BlockedStatus)
    assert state.unit_status.message.startswith(message)
    assert site_0.bag() == before
    assert site_0.facts()['settings_module'] == 'guestbook.settings'


def test_requirements_that_do_not_exist_block_and_the_site_goes_on(site_0: Deployment):
    site_0.update()
    before = site_0.bag()

    site_0.replace(config={'requirements': 'no-such-package==9'})
    state = site_0.update()

    assert isinstance(state.unit_status, testing.BlockedStatus)
    assert 'no-such-package' in state.unit_status.message
    assert site_0.bag() == before


def test_a_broken_archive_blocks(site_0: Deployment, tmp_path: Path):
    archive = tmp_path / 'project.tar.gz'
    archive.write_text('no archive')
    site_0.replace(resources={testing.Resource(name='project', path=archive)})

    state = site_0.update()

    assert isinstance(state.unit_status, testing.BlockedStatus)
    assert 'cannot read the resource "project"' in state.unit_status.message


@pytest.mark.parametrize(('missing', 'message'), [('pgsql', 'no database'), ('wsgi', 'no server')])
def test_a_missing_relation_is_named(site_0: Deployment, missing: str, message: str):
    site_0.remove(missing)

    state = site_0.update()

    assert isinstance(state.unit_status, testing.BlockedStatus)
    assert state.unit_status.message.startswith(message)


def test_a_removed_relation_takes_the_database_from_the_site(site_0: Deployment):
    site_0.update()
    (relation,) = site_0.state.get_relations('pgsql')

    site_0.state = site_0.context.run(site_0.context.on.relation_broken(relation), site_0.state)

    assert site_0.facts()['databases'] == {}
    assert isinstance(site_0.state.unit_status, testing.BlockedStatus)


def test_the_wish_for_a_database_is_told_and_waited_for(site_0: Deployment):
    site_0.replace(config={'database': 'shared'})

    state = site_0.update()

    (relation,) = state.get_relations('pgsql')
    assert relation.local_unit_data['database'] == 'shared'
    assert state.unit_status == testing.WaitingStatus('waiting for the database')


def test_a_removed_unit_leaves_nothing(site_0: Deployment):
    site_0.update()

    site_0.context.run(site_0.context.on.remove(), site_0.state)

    assert not (site_0.folder / 'var').exists()
