"""Settings that need a restart: one unit at a time, standbys first, never while one is away."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from unit.charm import worlds

from pgcharm import cluster, desired, observed, plan, ports, rolling, steps

PORTS = ports.Ports(5432, 8008, 2379, 2380)


def said(found: observed.Observed) -> dict[str, str]:
    """Return what the bag of a unit says whose Patroni has loaded everything."""
    assert found.patroni is not None
    return rolling.saying(worlds.wanted(), found, found.patroni.settings)


OPTIONS = said(worlds.running())['options']


def wanted(*restarts: str, own: str = 'hot standby', **changes: Any) -> desired.Desired:
    """Return the leader pg/0 of three units, the others with these words in their bags."""
    others = {
        f'pg/{number}': {
            'address': f'10.0.0.{number + 1}',
            'client-address': f'10.0.0.{number + 1}',
            'postgresql-port': '5432',
            'patroni-port': '8008',
            'etcd-client-port': '2379',
            'etcd-peer-port': '2380',
            'state': 'hot standby' if number == 2 or own == 'master' else 'master',
            'restart': restart,
            'options': OPTIONS,
        }
        for number, restart in enumerate(restarts, start=1)
    }
    values: dict[str, Any] = {
        'peers': worlds.bags(units=others),
        'published': {'state': own, 'options': OPTIONS},
        'planned_units': len(others) + 1,
        **changes,
    }
    return worlds.wanted(**values)


def member(number: int, leader: int, *, pending: bool = True, state: str = '') -> cluster.Member:
    is_leader = number == leader
    role = 'leader' if is_leader else 'quorum_standby'
    state = state or ('running' if is_leader else 'streaming')
    return cluster.Member(f'pg-{number}', role, state, 'h', 5432, 1, None, is_pending=pending)


def seen(
    leader: int, *members: cluster.Member, pending: bool = False, **changes: Any
) -> observed.Observed:
    found = worlds.running(worlds.wanted())
    assert found.patroni is not None and found.database is not None
    assert found.accepted is not None
    names = ('max_wal_size',) if pending else ()
    former = {'max_wal_size': '2GB'} if pending else {}
    values: dict[str, Any] = {
        'patroni': dataclasses.replace(found.patroni, pending=names),
        'database': dataclasses.replace(found.database, is_primary=leader == 0),
        'cluster': cluster.Cluster(members or tuple(member(n, leader) for n in range(3))),
        'proven': dataclasses.replace(found.accepted, extra_pg_conf=former),
        'accepted_at': found.database.started_at + 1,
        **changes,
    }
    return dataclasses.replace(found, **values)


def test_standbys_come_first_by_name_and_the_primary_last() -> None:
    found = seen(1, pending=True)

    assert rolling.turn(wanted('due', 'due'), found) == 'pg/0'
    waits = seen(1, member(0, 1, pending=False), member(1, 1), member(2, 1))
    assert rolling.turn(wanted('due', 'due'), waits) == 'pg/2'
    last = seen(1, member(0, 1, pending=False), member(1, 1), member(2, 1, pending=False))
    assert rolling.turn(wanted('due', ''), last) == 'pg/1'


def test_nobody_restarts_while_anybody_is_away_or_on_its_way() -> None:
    starting = seen(1, member(0, 1), member(1, 1), member(2, 1, state='starting'))
    away = seen(1, member(0, 1), member(1, 1))

    assert rolling.turn(wanted('due', 'due'), starting) == ''
    assert rolling.turn(wanted('due', 'due'), away) == ''


def test_nobody_restarts_in_a_paused_cluster_or_by_another_unit_than_the_leader() -> None:
    paused = seen(1, shared={'pause': True})

    assert rolling.turn(wanted('due', 'due'), paused) == ''
    assert rolling.turn(wanted('due', 'due', is_leader=False), seen(1)) == ''


def test_word_of_a_unit_that_has_restarted_meanwhile_counts_no_more() -> None:
    done = seen(1, *(member(number, 1, pending=False) for number in range(3)))

    assert rolling.turn(wanted('due', 'due'), done) == ''


def test_primary_starts_with_what_a_standby_must_not_have_less_of() -> None:
    assert rolling.turn(wanted('lower', 'lower'), seen(1)) == 'pg/1'


def kinds(wish: desired.Desired, found: observed.Observed) -> list[type]:
    doors = {unit: observed.patroni_door(wish, PORTS) for unit in ('pg/0', 'pg/1', 'pg/2')}
    return [type(step) for step in rolling.plan(wish, found, doors)]


def test_primary_hands_over_where_there_is_a_standby() -> None:
    rest = (member(1, 0, pending=False), member(2, 0, pending=False))
    own = seen(0, member(0, 0), *rest, pending=True)
    other = seen(1, member(0, 1, pending=False), member(1, 1), member(2, 1, pending=False))

    assert kinds(wanted('', '', own='master'), own) == [steps.HandOver]
    assert kinds(wanted('due', ''), other) == [steps.SwitchOver]
    assert kinds(wanted('lower', ''), other) == [steps.RestartPostgres]
    assert kinds(wanted('', 'due'), seen(1)) == [steps.RestartPostgres]


def test_lone_unit_restarts_where_it_is() -> None:
    alone = worlds.wanted(published={'state': 'standalone'})

    assert kinds(alone, seen(0, member(0, 0), pending=True)) == [steps.RestartPostgres]


def test_primary_waits_for_a_standby_that_has_not_said_what_it_waits_for() -> None:
    found = seen(1, member(0, 1, pending=False), member(1, 1), member(2, 1))

    assert rolling.turn(wanted('due', ''), found) == ''
    assert rolling.turn(wanted('due', 'later'), found) == 'pg/1'


def test_nobody_restarts_while_a_unit_has_not_heard_of_the_options() -> None:
    told = wanted('due', 'due')
    late = {**told.peers.units, 'pg/2': {**told.peers.units['pg/2'], 'options': 'older'}}
    peers = dataclasses.replace(told.peers, units=late)

    assert rolling.turn(dataclasses.replace(told, peers=peers), seen(1)) == ''


def test_unit_says_nothing_before_patroni_has_loaded_what_it_speaks_of() -> None:
    found = seen(0, pending=True)

    assert said(found) == {'options': OPTIONS, 'restart': 'due'}
    assert rolling.saying(worlds.wanted(), found, 'newer') == {}


def test_what_no_operator_asked_for_or_a_restart_did_not_bring_is_no_wish() -> None:
    assert rolling.wish(seen(0, pending=True)) == 'due'
    assert rolling.wish(seen(0, pending=True, accepted_at=1.0)) == 'later'
    assert rolling.wish(seen(0, pending=True, proven=seen(0).accepted)) == 'later'
    assert rolling.wish(seen(0)) == ''


@pytest.mark.parametrize(
    ('name', 'new', 'lowers'),
    [('max_connections', '50', True), ('max_connections', '200', False), ('work_mem', '1', False)],
)
def test_lowered_settings_are_those_that_standbys_must_have(
    name: str, new: str, lowers: bool
) -> None:
    reasons = {name: {'old_value': '100', 'new_value': new}}

    assert cluster.parse_state({'pending_restart_reason': reasons}).lowers is lowers


@pytest.mark.parametrize(
    ('state', 'reloads'),
    [('start failed', True), ('stopped', True), ('starting', False), ('creating replica', False)],
)
def test_settings_reach_a_server_that_does_not_start_but_not_in_the_midst_of_it(
    state: str, reloads: bool
) -> None:
    found = worlds.running()
    assert found.patroni is not None
    failed = dataclasses.replace(found.patroni, state=state, settings='older')
    down = dataclasses.replace(found, patroni=failed, database=None)

    planned = [type(one) for one in plan.plan(worlds.wanted(), down, worlds.NOW)]
    assert (steps.ReloadPatroni in planned) is reloads


def test_unit_whose_server_is_down_is_not_asked_for_its_word() -> None:
    told = wanted('', '', published={'state': 'hot standby', 'options': 'older'})

    assert rolling.is_to_tell(told, seen(1))
    assert not rolling.is_to_tell(told, seen(1, database=None))
