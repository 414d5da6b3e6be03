"""The witness from event to state, on a machine that is only a value."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest
import yaml
from ops import testing
from unit.charm import test_voting

from pgcharm import layout, voting
from witnesscharm import app, voter

SPEC: dict[str, Any] = yaml.safe_load(
    (Path(app.__file__).parents[2] / 'charmcraft.yaml').read_text()
)


@dataclasses.dataclass
class World:
    """What was asked of the machine."""

    folder: Path
    state: voter.State = voter.VOTES
    settled: list[str] = dataclasses.field(default_factory=list[str])
    left: list[str] = dataclasses.field(default_factory=list[str])

    def ask(self, places: layout.Layout, unit: str, addresses: tuple[str, ...]) -> voting.Request:
        places.home.mkdir(parents=True, exist_ok=True)
        return dataclasses.replace(test_voting.REQUEST, unit=unit, addresses=addresses, answer='')

    def settle(
        self, places: layout.Layout, terms: voting.Terms, asked: voting.Request
    ) -> voter.State:
        self.settled.append(places.member)
        return self.state

    def leave(self, places: layout.Layout) -> None:
        places.home.rmdir()
        self.left.append(places.member)


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


@pytest.fixture
def context(world: World) -> testing.Context[Any]:
    class Charm(app.WitnessCharm):
        machine = voter.Machine(
            missing=tuple,
            install=lambda names, log: None,
            ask=world.ask,
            settle=world.settle,
            leave=world.leave,
        )

    return testing.Context(
        Charm,
        meta={'name': 'w', 'provides': SPEC['provides']},
        app_name='w',
        charm_root=world.folder,
    )


def related(*applications: str, **changes: str) -> testing.State:
    bag = {**test_voting.TERMS, **changes}
    relations = {
        testing.Relation('witness', remote_app_name=name, remote_app_data=bag)
        for name in applications
    }
    return testing.State(relations=relations, networks={testing.Network('witness')})


def test_witness_alone_says_what_is_missing(context: testing.Context[Any]):
    state = context.run(context.on.config_changed(), related())

    assert state.unit_status == testing.BlockedStatus(
        'no application: integrate this with postgresql'
    )


def test_each_application_has_a_member_of_its_own(context: testing.Context[Any], world: World):
    state = context.run(context.on.config_changed(), related('pg-a', 'pg-b'))

    assert sorted(world.settled) == ['w.pg-a-0', 'w.pg-b-0']
    assert state.unit_status == testing.ActiveStatus('votes for pg-a, pg-b')


def test_call_is_answered_once_the_certificate_is_there(context: testing.Context[Any]):
    (with_it,) = context.run(context.on.config_changed(), related('pg-a')).relations
    (without,) = context.run(
        context.on.config_changed(), related('pg-a', certificate='')
    ).relations

    assert isinstance(with_it, testing.Relation) and isinstance(without, testing.Relation)
    assert with_it.local_unit_data['answer'] == '7'
    assert 'answer' not in without.local_unit_data


def test_second_witness_is_spare(context: testing.Context[Any], world: World):
    state = context.run(context.on.config_changed(), related('pg-a', unit='w/7'))

    assert world.settled == []
    assert state.unit_status == testing.ActiveStatus('is spare for pg-a')


def test_refusal_is_shown(context: testing.Context[Any]):
    state = context.run(
        context.on.config_changed(), related('pg-a', certificate='', refused='because')
    )

    assert state.unit_status == testing.BlockedStatus('because; refused by pg-a')


def test_one_application_s_refusal_is_not_another_s(context: testing.Context[Any], world: World):
    bad, good = related('pg-a', refused='because'), related('pg-b')
    both = dataclasses.replace(good, relations={*bad.relations, *good.relations})

    state = context.run(context.on.config_changed(), both)

    assert world.settled == ['w.pg-b-0']
    assert state.unit_status == testing.BlockedStatus('because; refused by pg-a; votes for pg-b')


def test_bag_that_is_not_whole_is_waited_for(context: testing.Context[Any], world: World):
    state = context.run(context.on.config_changed(), related('pg-a', token='a b'))

    assert world.settled == []
    assert state.unit_status == testing.WaitingStatus('waits for pg-a')


def test_member_of_an_application_that_is_gone_leaves(context: testing.Context[Any], world: World):
    state = related('pg-a', 'pg-b')
    context.run(context.on.config_changed(), state)
    gone = next(
        one
        for one in state.relations
        if isinstance(one, testing.Relation) and one.remote_app_name == 'pg-a'
    )

    context.run(context.on.relation_broken(gone), state)

    assert world.left == ['w.pg-a-0']


def test_unit_that_ends_leaves_all(context: testing.Context[Any], world: World):
    context.run(context.on.config_changed(), related('pg-a', 'pg-b'))

    context.run(context.on.stop(), related())

    assert world.left == ['w.pg-a-0', 'w.pg-b-0']
