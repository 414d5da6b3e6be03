"""The charm from event to state, on a machine that is only a value."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from ops import testing
from unit.charm import fake_juju, worlds

from pgcharm import app, steps

SPEC: dict[str, Any] = yaml.safe_load(
    (Path(app.__file__).parents[2] / 'charmcraft.yaml').read_text()
)


@dataclasses.dataclass
class Deployment:
    """A unit whose hooks are played one by one."""

    context: testing.Context[Any]
    state: testing.State
    machine: worlds.Machine

    def run(self, event: Any) -> testing.State:
        self.state = self.context.run(event, self.state)
        return self.state

    @property
    def storage(self) -> testing.Storage:
        return next(iter(self.state.storages))

    @property
    def peer(self) -> testing.PeerRelation:
        relation = self.state.get_relations('replication')[0]
        assert isinstance(relation, testing.PeerRelation)
        return relation

    def relate(self) -> None:
        relations = {testing.PeerRelation('replication')}
        self.state = dataclasses.replace(self.state, relations=relations)

    def deploy(self) -> None:
        on = self.context.on
        self.run(on.storage_attached(self.storage))
        self.run(on.install())
        self.relate()
        self.run(on.relation_created(self.peer))
        self.run(on.leader_elected())
        self.run(on.config_changed())
        self.run(on.start())


@pytest.fixture
def deployment() -> Iterator[Deployment]:
    machine = worlds.Machine(worlds.observed_(missing=('postgresql-16',), binaries=None))

    class Charm(app.PostgresqlCharm):
        workload = machine.workload
        commands = fake_juju.FakeJuju()

    names = ('replication', 'db', 'db-admin')
    state = testing.State(
        leader=True,
        storages={testing.Storage('pgdata')},
        networks={testing.Network(name) for name in names},
        model=testing.Model(name='m', uuid=worlds.UUID),
    )
    context = testing.Context(
        Charm,
        meta={key: SPEC[key] for key in ('name', 'provides', 'requires', 'peers', 'storage')},
        config=SPEC['config'],
        actions=SPEC['actions'],
        app_name='pg',
    )
    yield Deployment(context, state, machine)


def test_deployed_unit_is_active_and_shows_version_and_port(deployment: Deployment) -> None:
    deployment.deploy()

    assert deployment.state.unit_status == testing.ActiveStatus('standalone')
    assert deployment.state.workload_version == '16.4'
    assert deployment.state.opened_ports == {testing.TCPPort(5432)}


def test_watcher_asks_for_nothing_before_start(deployment: Deployment) -> None:
    deployment.deploy()
    told = [one for one in deployment.machine.done if isinstance(one, steps.TellWatcher)]
    assert len(told) == 1

    deployment.run(deployment.context.on.config_changed())

    assert isinstance(deployment.machine.done[-1], steps.TellWatcher)


def test_leader_names_the_unit_that_makes_the_cluster(deployment: Deployment) -> None:
    deployment.deploy()

    (secret,) = deployment.state.secrets
    assert secret.latest_content is not None
    assert secret.latest_content['bootstrap'] == 'pg/0'


def test_passwords_live_in_a_secret_and_in_no_bag(deployment: Deployment) -> None:
    deployment.deploy()

    (secret,) = deployment.state.secrets
    assert secret.latest_content is not None
    bags = {**deployment.peer.local_app_data, **deployment.peer.local_unit_data}
    assert secret.latest_content['operator-password']
    assert not set(secret.latest_content.values()) & set(bags.values())


def test_nothing_runs_before_the_secret_is_committed(deployment: Deployment) -> None:
    on = deployment.context.on

    deployment.run(on.storage_attached(deployment.storage))

    assert not deployment.machine.seen.services.digests
    assert deployment.machine.seen.certificate is None


def test_hook_that_runs_twice_changes_nothing(deployment: Deployment) -> None:
    deployment.deploy()
    before = deployment.machine.seen

    deployment.run(deployment.context.on.config_changed())

    assert deployment.machine.seen == before


def test_removed_unit_leaves_nothing_running(deployment: Deployment) -> None:
    deployment.deploy()

    deployment.run(deployment.context.on.storage_detaching(deployment.storage))
    deployment.state = dataclasses.replace(deployment.state, storages=frozenset())
    deployment.run(deployment.context.on.stop())
    deployment.run(deployment.context.on.remove())

    assert not deployment.machine.seen.services.digests
    assert deployment.machine.seen.ports is None


def test_set_password_changes_the_secret_and_the_next_hook_tells_the_server(
    deployment: Deployment,
) -> None:
    deployment.deploy()

    event = deployment.context.on.action('set-password', params={'password': 'correct-horse'})
    deployment.run(event)

    (secret,) = deployment.state.secrets
    assert secret.latest_content is not None
    assert secret.latest_content['operator-password'] == 'correct-horse'
    assert deployment.context.action_results == {
        'username': 'operator',
        'password': 'correct-horse',
    }


def test_only_the_leader_sets_a_password(deployment: Deployment) -> None:
    deployment.deploy()
    deployment.state = dataclasses.replace(deployment.state, leader=False)

    with pytest.raises(testing.ActionFailed) as failure:
        deployment.run(deployment.context.on.action('set-password'))

    assert 'pg/leader' in failure.value.message


def test_every_action_of_the_charm_is_there() -> None:
    assert set(SPEC['actions']) == set(app.ACTIONS)
