"""The last unit goes on alone: intent first, silence for a lease, deed in a later hook."""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import Any

import pytest
from unit.charm import worlds

from pgcharm import (
    cluster,
    clustering,
    consensus,
    contact,
    database,
    desired,
    etcd,
    https,
    membership,
    observed,
    plan,
    services,
    status,
    steps,
    takeover,
)

LEASE = dt.timedelta(seconds=7)


def survivor(**published: str) -> desired.Desired:
    return worlds.wanted(published={'state': 'hot standby', **published})


def seen(**changes: Any) -> observed.Observed:
    found = worlds.running(survivor())
    standby = cluster.State('replica', 'running', 160004, 1)
    values: dict[str, Any] = {
        'patroni': standby,
        'start': etcd.Start(worlds.TOKEN, {}, '7'),
        'silent_since': None,
        **changes,
    }
    return dataclasses.replace(found, **values)


def kinds(wanted: desired.Desired, found: observed.Observed, now: dt.datetime) -> list[str]:
    return [type(step).__name__ for step in plan.plan(wanted, found, now)]


def intent(since: dt.datetime) -> str:
    return str(takeover.Intent(1, since.timestamp()))


def test_intent_stands_in_the_bag_before_anything_is_done() -> None:
    planned = plan.plan(survivor(), seen(), worlds.NOW)

    published = [step.content for step in planned if isinstance(step, steps.Publish)]
    assert {'takeover': intent(worlds.NOW)} in published
    assert 'RestoreEtcd' not in kinds(survivor(), seen(), worlds.NOW)


def test_intent_is_written_once_in_a_hook() -> None:
    wanted = survivor()
    (written,) = [
        step
        for step in plan.plan(wanted, seen(), worlds.NOW)
        if isinstance(step, steps.Publish) and 'takeover' in step.content
    ]

    later = dataclasses.replace(wanted, written=written.content)
    again = plan.plan(later, seen(), worlds.NOW + dt.timedelta(seconds=1))
    assert not any(
        isinstance(step, steps.Publish) and 'takeover' in step.content for step in again
    )


def test_silence_for_a_lease_is_waited_for() -> None:
    wanted = survivor(takeover=intent(worlds.NOW))

    assert 'RestoreEtcd' not in kinds(wanted, seen(), worlds.NOW + LEASE / 2)
    assert 'RestoreEtcd' in kinds(wanted, seen(), worlds.NOW + LEASE)


def test_etcd_ends_before_it_begins_again() -> None:
    wanted = survivor(takeover=intent(worlds.NOW))

    done = kinds(wanted, seen(), worlds.NOW + LEASE)

    assert done.index('KeepServices') < done.index('RestoreEtcd')


def test_intent_of_an_earlier_time_proves_no_silence() -> None:
    wanted = survivor(takeover=intent(worlds.NOW))

    assert 'RestoreEtcd' not in kinds(wanted, seen(), worlds.NOW + 100 * LEASE)


@pytest.mark.parametrize(
    'changes',
    [
        {'others_answer': True},
        {'start': None},
        {'patroni': cluster.State('replica', 'running', is_streaming=True)},
    ],
)
def test_nothing_is_taken_over_while_something_speaks_against_it(changes: dict[str, Any]) -> None:
    wanted = survivor(takeover=intent(worlds.NOW))

    assert not takeover.is_called_for(wanted, seen(**changes))


def test_noted_silence_spares_the_wait_but_not_the_notice() -> None:
    early = seen(silent_since=(worlds.NOW - LEASE).timestamp())
    wanted = survivor(takeover=intent(worlds.NOW))

    assert 'RestoreEtcd' not in kinds(wanted, early, worlds.NOW + dt.timedelta(seconds=1))
    assert 'RestoreEtcd' in kinds(wanted, early, worlds.NOW + dt.timedelta(seconds=2))


def test_silence_is_noted_once_and_ends_with_the_first_answer() -> None:
    def noted(**changes: Any) -> list[steps.Step]:
        return list(takeover.listening(survivor(), seen(**changes), worlds.NOW + LEASE))

    assert noted() == [steps.NoteSilence((worlds.NOW + LEASE).timestamp())]
    assert noted(silent_since=worlds.NOW.timestamp()) == []
    assert noted(silent_since=1.0, others_answer=True) == [steps.NoteSilence(None)]
    assert noted(others_answer=True) == []


def test_only_a_cluster_that_was_taken_over_speaks_of_epochs() -> None:
    later = etcd.Start(f'{worlds.TOKEN}.2', {})

    assert takeover.saying(survivor(), seen()) == {}
    assert takeover.saying(survivor(), seen(start=later)) == {'epoch': '2'}


def test_intent_is_taken_back_when_the_others_answer() -> None:
    wanted = survivor(takeover=intent(worlds.NOW))

    planned = plan.plan(wanted, seen(others_answer=True), worlds.NOW)

    published = [step.content for step in planned if isinstance(step, steps.Publish)]
    assert [content['takeover'] for content in published] == ['']


@pytest.mark.parametrize(
    'text', ['1 5', '1 5 told', '1 5 told accept-data-loss', '2 7 accept-data-loss']
)
def test_intent_is_read_as_it_was_written(text: str) -> None:
    assert str(takeover.read(text)) == text


@pytest.mark.parametrize('text', ['', '1', 'x y', 'told'])
def test_nonsense_is_no_intent(text: str) -> None:
    assert takeover.read(text) is None


def two(bag: dict[str, str] | None = None, **published: str) -> desired.Desired:
    """Return a unit of two, whose other one says *bag* too."""
    other = {
        'address': '10.0.0.2',
        'client-address': '10.0.0.2',
        'postgresql-port': '5432',
        'patroni-port': '8008',
        'etcd-client-port': '2379',
        'etcd-peer-port': '2380',
        'state': 'master',
        **(bag or {}),
    }
    return dataclasses.replace(
        survivor(**published), peers=worlds.bags(units={'pg/1': other}), planned_units=2
    )


def test_operator_s_word_is_enough_while_the_other_unit_is_still_there() -> None:
    told = takeover.told(two(), seen(), worlds.NOW, accepts_loss=False)
    wanted = two(takeover=str(told))

    assert not takeover.is_called_for(two(), seen())
    assert takeover.is_called_for(wanted, seen())
    assert 'RestoreEtcd' in kinds(wanted, seen(), worlds.NOW + LEASE)


def test_word_that_is_given_twice_is_one() -> None:
    first = takeover.told(two(), seen(), worlds.NOW, accepts_loss=False)
    wanted = two(takeover=str(first))

    assert takeover.told(wanted, seen(), worlds.NOW + LEASE, accepts_loss=False) == first
    accepting = takeover.told(wanted, seen(), worlds.NOW + LEASE, accepts_loss=True)
    assert accepting == dataclasses.replace(first, accepts_loss=True)


def alone(wanted: desired.Desired) -> consensus.View:
    return consensus.View((membership.Member('7', wanted.places.member, 'p', 'c'),), '7')


@pytest.mark.parametrize(
    ('changes', 'reason'),
    [
        ({'etcd': alone(two())}, 'a majority of etcd answers'),
        ({'others_answer': True}, 'another unit answers'),
        ({'start': None}, "no copy of etcd's keys"),
        (
            {'patroni': cluster.State('replica', 'running', is_streaming=True)},
            'still receives the write-ahead log',
        ),
    ],
)
def test_word_is_refused_with_the_reason(changes: dict[str, Any], reason: str) -> None:
    assert reason in takeover.refusal(two(), seen(**changes))
    assert takeover.refusal(two(), seen()) == ''


def test_unit_that_never_joined_has_nothing_to_take_over_with() -> None:
    assert 'no hot standby' in takeover.refusal(two(state=''), seen())


@pytest.mark.parametrize('accepts', [False, True])
def test_dead_primary_s_lease_is_forgotten_once_before_others_read_of_the_epoch(
    accepts: bool,
) -> None:
    said = takeover.Intent(1, worlds.NOW.timestamp(), is_told=True, accepts_loss=accepts)
    wanted = two(takeover=str(said))
    begun = seen(start=etcd.Start(f'{worlds.TOKEN}.1', {}), services=services.Running({}))

    done = plan.plan(wanted, begun, worlds.NOW)

    (step,) = (one for one in done if isinstance(one, steps.ForgetLeader))
    assert step.forgets_confirmations is accepts
    kinds_done = [type(one).__name__ for one in done]
    assert kinds_done.index('KeepServices') < kinds_done.index('ForgetLeader')
    later = two(takeover=str(said), epoch='1')
    assert not list(takeover.concluding(later, begun))
    assert not list(takeover.concluding(two(), begun))


def test_loss_that_is_accepted_later_lets_anybody_be_elected() -> None:
    said = takeover.Intent(1, worlds.NOW.timestamp(), is_told=True, accepts_loss=True)
    wanted = two(takeover=str(said), epoch='1')
    nobody = cluster.Cluster(())
    leads = cluster.Cluster((cluster.Member('pg-1', 'leader', 'running', 'h', 5432, 2, None),))
    stuck = seen(start=etcd.Start(f'{worlds.TOKEN}.1', {}), etcd=alone(wanted), cluster=nobody)

    assert [one.forgets_confirmations for one in _forgets(wanted, stuck)] == [True]
    assert not _forgets(wanted, dataclasses.replace(stuck, cluster=leads))


def _forgets(wanted: desired.Desired, found: observed.Observed) -> list[steps.ForgetLeader]:
    planned = takeover.concluding(wanted, found)
    return [step for step in planned if isinstance(step, steps.ForgetLeader)]


def test_intent_is_over_once_its_unit_is_the_primary() -> None:
    wanted = two(takeover=intent(worlds.NOW))
    begun = seen(start=etcd.Start(f'{worlds.TOKEN}.1', {}), etcd=alone(wanted))
    primary = cluster.State('primary', 'running', 160004, 2)

    assert takeover.saying(wanted, begun) == {'epoch': '1'}
    promoted = dataclasses.replace(begun, patroni=primary)
    assert takeover.saying(wanted, promoted) == {'epoch': '1', 'takeover': ''}


def test_unit_that_was_taken_over_from_forgets_its_etcd_and_serves_nothing_meanwhile() -> None:
    wanted = two({'epoch': '1'}, state='master')
    running = services.Running({'etcd': 'd', 'patroni': 'd', 'watcher': 'd'})
    old = seen(etcd=alone(wanted), services=running)

    planned = plan.plan(wanted, old, worlds.NOW)

    assert steps.BeginEtcd(None) in planned
    (kept,) = [step.services for step in planned if isinstance(step, steps.KeepServices)]
    assert [service.name for service in kept] == ['watcher']
    doors = observed.etcd_doors(wanted, old)
    assert [door.address for door in doors] == ['10.0.0.2']


def test_unit_that_comes_back_to_a_later_cluster_joins_with_its_epoch() -> None:
    wanted = two({'epoch': '3'}, state='master')
    members = (
        membership.Member('8', 'pg-1', 'https://10.0.0.2:2380', 'c'),
        membership.Member('9', '', https.url(wanted.address, 2380), '', is_learner=True),
    )
    found = seen(start=None, etcd=consensus.View(members, '8'))

    start = clustering.start(wanted, found)

    assert start is not None and start.member == '9'
    assert not takeover.is_outlived(wanted, seen(start=start))


def test_unit_that_comes_back_waits_for_one_that_is_about_to_take_over() -> None:
    wanted = two({'takeover': intent(worlds.NOW)}, state='master')
    stopped = seen(patroni=None, database=None, services=services.Running({}))

    assert 'KeepServices' not in kinds(wanted, stopped, worlds.NOW)
    assert 'pg/1, which takes over' in status.status(wanted, stopped).message
    started = seen(services=services.Running({'etcd': 'd'}))
    assert takeover.is_waited_for(wanted, started) == ''


def test_only_who_may_be_outlived_asks_before_it_starts() -> None:
    lone = worlds.wanted(published={'state': 'standalone'})
    voters = [membership.Member(str(n), f'pg-{n}', 'p', 'c') for n in range(3)]

    assert not takeover.asks_first(lone, seen())
    assert takeover.asks_first(two(), seen(etcd=alone(two())))
    assert not takeover.asks_first(two(), seen(etcd=consensus.View(tuple(voters), '0')))


def test_units_that_are_related_are_not_dead_whatever_they_say() -> None:
    others = worlds.bags(units={'pg/1': {}})
    wanted = dataclasses.replace(survivor(), peers=others, planned_units=2)

    assert not takeover.is_called_for(wanted, seen())


def test_lone_primary_takes_nothing_over() -> None:
    assert not takeover.is_called_for(worlds.wanted(published={'state': 'standalone'}), seen())


def test_last_primary_whose_voters_went_without_handing_over_begins_etcd_again() -> None:
    primary = cluster.State('primary', 'running', 160004, 2)
    running = services.Running({'etcd': 'd', 'patroni': 'd', 'watcher': 'd'})
    found = seen(patroni=primary, services=running)
    said = {'state': 'standalone', 'takeover': intent(worlds.NOW)}

    stranded = worlds.wanted(published={**said, 'others': '10.0.0.2 5432 8008 2379'})

    assert 'RestoreEtcd' in kinds(stranded, found, worlds.NOW + LEASE)
    booting = dataclasses.replace(found, services=services.Running({}))
    assert not takeover.is_called_for(stranded, booting)


def test_unit_that_lost_etcd_before_the_master_asks_to_accept_a_loss() -> None:
    late = worlds.NOW + 2 * LEASE
    gap = contact.Gap(worlds.NOW.timestamp(), worlds.NOW.timestamp() + 60)
    server = database.Catalogue(False, (), 10.0)
    doubts = seen(gap=gap, silent_since=worlds.NOW.timestamp(), database=server)
    removed = survivor(takeover=intent(worlds.NOW))
    accepted = takeover.Intent(1, worlds.NOW.timestamp(), is_told=True, accepts_loss=True)
    told = survivor(takeover=str(accepted))

    assert 'RestoreEtcd' not in kinds(removed, doubts, late)
    found = status.status(removed, doubts)
    assert found.name == 'blocked'
    assert found.message == (
        'may lack writes since 2030-01-01 00:00:00 UTC, reads only; '
        'run pg/0 takeover accept-data-loss=true'
    )
    assert 'since 2030-01-01 00:00:00 UTC' in takeover.refusal(removed, doubts)
    assert takeover.refusal(removed, doubts, accepts_loss=True) == ''
    assert 'RestoreEtcd' in kinds(told, doubts, late)


@pytest.mark.parametrize(
    ('role', 'name'), [('sync_standby', 'waiting'), ('quorum_standby', 'blocked')]
)
def test_unit_that_was_one_of_several_asks_to_accept_what_it_cannot_know(
    role: str, name: str
) -> None:
    url = https.url('10.0.0.1', 2380)
    alone = consensus.View((membership.Member('1', 'pg-0', url, url),), '1')
    own = cluster.Member('pg-0', role, 'running', '10.0.0.1', 5432, 1, None)
    done = survivor(takeover=str(takeover.Intent(1, worlds.NOW.timestamp(), is_told=True)))
    found = seen(
        etcd=alone,
        start=etcd.Start(f'{worlds.TOKEN}.1', {}, '7'),
        cluster=cluster.Cluster((own,)),
        database=database.Catalogue(False, (), 10.0),
    )
    done = dataclasses.replace(done, peers=two({}).peers)

    assert status.status(done, found).name == name
