"""Units that never become the master, and units that are behind on purpose."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import pytest
from unit.charm import worlds

from pgcharm import (
    cluster,
    cluster_actions,
    clustering,
    config,
    consensus,
    desired,
    errors,
    https,
    leaving,
    membership,
    observed,
    overview,
    reserve,
    roles,
    rolling,
    running,
    status,
    steps,
    takeover,
)

DELAYED = {'delayed-standby': 'pg/1=1h'}
NEVER = {'no-failover': 'pg/1'}


def wanted(unit: str = 'pg/0', units: int = 2, **changes: Any) -> desired.Desired:
    """Return what is wanted of one of so many units, the first of which is the master."""
    others = {
        f'pg/{number}': worlds.peer(str(number), 'hot standby' if number else 'master')
        for number in range(units)
        if f'pg/{number}' != unit
    }
    state = 'master' if unit == 'pg/0' else 'hot standby'
    values: dict[str, Any] = {
        'places': worlds.places(unit),
        'peers': worlds.bags(units=others),
        'published': {'state': state},
        'planned_units': units,
        **changes,
        'options': {**worlds.options(), **changes.get('options', {})},
    }
    return worlds.wanted(**values)


def member(number: int, **changes: Any) -> cluster.Member:
    role, state = ('replica', 'streaming') if number else ('leader', 'running')
    found = cluster.Member(f'pg-{number}', role, state, '10.0.0.1', 5432, 1, 0)
    return dataclasses.replace(found, **changes)


def seen(wish: desired.Desired, *members: cluster.Member, **changes: Any) -> observed.Observed:
    """Return a unit as it is wanted, in a cluster of *members*."""
    found = worlds.running(worlds.wanted())
    accepted = wish.parse(None).config
    assert found.patroni is not None and found.database is not None
    is_primary = wish.unit == 'pg/0'
    door = https.url('10.0.0.1', 2380)
    values: dict[str, Any] = {
        'accepted': accepted,
        'proven': accepted,
        'cluster': cluster.Cluster(members or (member(0), member(1))),
        'database': dataclasses.replace(found.database, is_primary=is_primary),
        'patroni': dataclasses.replace(
            found.patroni, role='primary' if is_primary else 'replica', is_streaming=not is_primary
        ),
        'etcd': consensus.View((membership.Member('1', 'pg-0', door, door),), '1'),
        **changes,
    }
    return dataclasses.replace(found, **values)


def settings(wish: desired.Desired) -> dict[str, Any]:
    return json.loads(running.patroni_settings(wish, seen(wish)))


def test_patroni_hears_who_never_leads_and_who_is_behind() -> None:
    never = settings(wanted('pg/1', options=NEVER))
    behind = settings(wanted('pg/1', options=DELAYED))
    other = settings(wanted('pg/0', options={**NEVER, **DELAYED}))

    assert never['tags']['nofailover'] and 'nosync' not in never['tags']
    assert behind['tags']['nofailover'] and behind['tags']['nosync']
    assert behind['postgresql']['recovery_conf'] == {'recovery_min_apply_delay': '1h'}
    assert other['tags'].keys() == {'settings'}
    assert 'recovery_conf' not in other['postgresql']


def test_unit_without_others_is_the_one_that_there_is() -> None:
    alone = wanted('pg/1', units=0, planned_units=1, options={**NEVER, **DELAYED})

    assert settings(alone)['tags'].keys() == {'settings'}


def test_unit_that_makes_the_cluster_leads_it_first() -> None:
    options = {'no-failover': 'pg/0', 'delayed-standby': 'pg/0=1h'}
    founder = wanted('pg/0', options=options, published={})

    assert settings(founder)['tags'].keys() == {'settings'}
    assert settings(wanted('pg/0', options=options))['tags']['nofailover']


def test_clients_do_not_read_from_a_delayed_standby() -> None:
    wish = wanted('pg/1', options=DELAYED)
    behind = seen(wish, member(0), member(1, may_lead=False, may_confirm=False))

    assert roles.state(wish, behind) == 'failover'
    assert status.status(wish, behind) == status.Status(
        'active', 'delayed standby of pg/0, 1h behind'
    )
    assert not clustering.is_moving(dataclasses.replace(wish, is_leader=False), behind)


def test_standby_that_never_leads_serves_reads_and_says_so() -> None:
    wish = wanted('pg/1', options=NEVER)
    found = seen(wish, member(0), member(1, may_lead=False))

    assert roles.state(wish, found) == 'hot standby'
    assert status.status(wish, found).message == 'hot standby of pg/0, never the master'


@pytest.mark.parametrize(
    ('units', 'options', 'mode'),
    [
        (2, {}, 'on'),
        (2, NEVER, 'on'),
        (2, DELAYED, 'off'),
        (2, {**DELAYED, 'synchronous-mode': 'strict'}, 'on'),
        (3, DELAYED, 'on'),
        (3, NEVER, 'quorum'),
        (4, DELAYED, 'quorum'),
    ],
)
def test_delayed_standby_is_not_counted_among_those_that_confirm(
    units: int, options: dict[str, str], mode: str
) -> None:
    wish = wanted(units=units, options=options)

    assert roles.mode(wish, seen(wish)) == mode


@pytest.mark.parametrize('options', [NEVER, DELAYED])
def test_promise_counts_nobody_who_never_leads(options: dict[str, str]) -> None:
    wish = wanted(options=options)
    two = seen(wish, member(0), member(1, may_lead=False, may_confirm=False))
    three = wanted(units=3, options=options)
    members = (member(0), member(1, may_lead=False), member(2, role='quorum_standby'))
    voters = tuple(
        membership.Member(str(n), f'pg-{n}', f'https://10.0.0.1{n}:2380', '') for n in range(3)
    )
    more = seen(three, *members, etcd=consensus.View(voters, '1'))

    assert status.status(wish, two).message == (
        'can lose pg/1; nobody takes over from this unit: no other one may'
    )
    assert not clustering.is_moving(dataclasses.replace(wish, is_leader=False), two) or (
        options is NEVER
    )
    assert status.status(three, more).message == 'can lose 1 unit, 0 writes, about 7 s'


def test_nobody_hands_over_to_a_unit_that_never_leads() -> None:
    found = cluster.Cluster((member(0), member(1, may_lead=False), member(2)))
    none = cluster.Cluster((member(0), member(1, may_lead=False)))

    assert [one.name for one in reserve.takers(found)] == ['pg-2']
    with pytest.raises(errors.Error, match='choose one of: pg/2'):
        cluster_actions.check_candidate(found, 'pg/1')
    with pytest.raises(errors.Error, match='no standby may become the master'):
        cluster_actions.check_candidate(none, '')


def test_primary_restarts_where_it_is_when_nobody_may_take_over() -> None:
    options = {**NEVER, 'extra-pg-conf': 'wal_buffers = 3MB'}
    wish = wanted(options=options)
    found = seen(wish, member(0, is_pending=True), member(1, may_lead=False))
    assert found.patroni is not None and found.database is not None and found.accepted is not None
    digest = rolling.saying(wish, found, found.patroni.settings)['options']
    bag = {**worlds.peer('1', 'hot standby'), 'options': digest}
    wish = dataclasses.replace(
        wish,
        peers=worlds.bags(units={'pg/1': bag}),
        published={'state': 'master', 'options': digest},
    )
    found = dataclasses.replace(
        found,
        proven=dataclasses.replace(found.accepted, extra_pg_conf={}),
        patroni=dataclasses.replace(found.patroni, pending=('wal_buffers',)),
        accepted_at=found.database.started_at + 1,
    )
    assert found.ports is not None
    doors = {unit: observed.patroni_door(wish, found.ports) for unit in ('pg/0', 'pg/1')}

    assert [type(one) for one in rolling.plan(wish, found, doors)] == [steps.RestartPostgres]


def test_master_that_is_removed_waits_for_nobody_who_does_not_take_over() -> None:
    wish = wanted(options=NEVER, is_leaving=True, planned_units=1)

    def kinds(*members: cluster.Member) -> list[type]:
        return [type(one) for one in leaving.leaving(wish, seen(wish, *members))]

    assert steps.HandOver in kinds(member(0), member(1))
    assert steps.HandOver not in kinds(member(0), member(1, may_lead=False))


def test_unit_that_never_leads_does_not_take_over() -> None:
    wish = wanted('pg/1', options=NEVER)
    lost = seen(wish, etcd=None, cluster=None)
    assert lost.patroni is not None
    lost = dataclasses.replace(lost, patroni=dataclasses.replace(lost.patroni, is_streaming=False))

    assert 'take it out of the options' in takeover.refusal(wish, lost)


def test_table_says_who_never_leads() -> None:
    options = config.Config(no_failover=('pg/1',), delayed_standby={'pg/2': '1h'})
    units = ('pg/0', 'pg/1', 'pg/2')

    notes = {unit: reserve.note(options, unit) for unit in units}
    found = overview.rows((member(0), member(1), member(2)), {}, None, notes)

    assert [row.note for row in found] == ['', 'no failover', 'delayed 1h']


@pytest.mark.parametrize(
    ('option', 'value', 'reason'),
    [
        ('no-failover', 'pg', '"pg" is not a unit'),
        ('no-failover', 'other/1', 'other/1 is no unit of pg'),
        ('delayed-standby', 'pg/1', 'is not a unit and a delay such as pg-a/2=1h'),
        ('delayed-standby', 'pg/1=1 week', 'is not a unit and a delay'),
        ('delayed-standby', 'pg/1=25d', '25d of pg/1 is more than 24d'),
        ('delayed-standby', 'x/1=1h', 'x/1 is no unit of pg'),
    ],
)
def test_nonsense_names_the_option_and_changes_nothing(
    option: str, value: str, reason: str
) -> None:
    parsed = config.parse({**worlds.options(), option: value}, None, application='pg')

    (fault,) = parsed.faults
    assert fault.option == option and reason in fault.reason
    assert parsed.config == config.Config()


def test_options_are_written_down_and_read_again() -> None:
    raw = {**worlds.options(), 'no-failover': 'pg/1, pg/3', 'delayed-standby': 'pg/2=30min'}
    found = config.parse(raw, None, application='pg').config

    assert found.no_failover == ('pg/1', 'pg/3')
    assert found.delayed_standby == {'pg/2': '30min'}
    assert config.from_json(config.to_json(found)) == found
