"""The last unit goes on alone: intent first, silence for a lease, deed in a later hook."""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import Any

import pytest
from unit.charm import worlds

from pgcharm import cluster, desired, etcd, observed, plan, steps, takeover

LEASE = dt.timedelta(seconds=7)


def survivor(**published: str) -> desired.Desired:
    return worlds.wanted(published={'state': 'hot standby', **published})


def seen(**changes: Any) -> observed.Observed:
    found = worlds.running(survivor())
    standby = cluster.State('replica', 'running', 160004, 1, '1')
    values = {'patroni': standby, 'start': etcd.Start(worlds.TOKEN, {}, '7'), **changes}
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


def test_units_that_are_related_are_not_dead_whatever_they_say() -> None:
    others = worlds.bags(units={'pg/1': {}})
    wanted = dataclasses.replace(survivor(), peers=others, planned_units=2)

    assert not takeover.is_called_for(wanted, seen())


def test_lone_primary_takes_nothing_over() -> None:
    assert not takeover.is_called_for(worlds.wanted(published={'state': 'standalone'}), seen())
