"""What a unit of three says, and where it says that the others are, while the master changes."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from unit.charm import worlds

from pgcharm import cluster, desired, observed, roles
from pgcharm.clients import answers


def standby(**peers: str) -> desired.Desired:
    """Return a standby, ``pg/0``, whose peers ``pg/1``, ``pg/2`` say what is given."""
    units = {f'pg/{name[-1]}': worlds.peer(name[-1], state) for name, state in peers.items()}
    return worlds.wanted(
        is_leader=False,
        peers=worlds.bags(units=units),
        published={'state': 'hot standby'},
        planned_units=1 + len(units),
    )


def seen(wanted: desired.Desired, leader: str, *, is_primary: bool = False) -> observed.Observed:
    """Return how the cluster looks to ``pg/0``, on which all that is wanted is done."""
    alone = worlds.running()
    assert alone.database is not None
    machine = worlds.Machine(dataclasses.replace(alone, database=None))
    machine.settle(wanted)
    return dataclasses.replace(
        machine.seen,
        database=dataclasses.replace(alone.database, is_primary=is_primary),
        cluster=worlds.cluster_of(leader, 'pg-0', 'pg-1', 'pg-2'),
        patroni=dataclasses.replace(
            machine.seen.patroni or cluster.State('', ''), role='replica', is_streaming=True
        ),
    )


def places(wanted: desired.Desired, found: observed.Observed) -> tuple[Any, list[str]]:
    master, standbys = roles.places(wanted, found, roles.state(wanted, found))
    return master and master.host, [place.host for place in standbys]


@pytest.mark.parametrize(
    ('leader', 'said'),
    [('pg-1', 'hot standby'), ('', 'failover'), ('pg-2', 'hot standby')],
)
def test_standby_says_failover_while_nobody_leads(leader: str, said: answers.State) -> None:
    wanted = standby(pg_1='master', pg_2='hot standby')

    assert roles.state(wanted, seen(wanted, leader)) == said


def test_standby_tells_of_the_new_master_before_its_word_and_of_no_dead_one() -> None:
    wanted = standby(pg_1='master', pg_2='hot standby')

    assert places(wanted, seen(wanted, 'pg-1')) == ('10.0.0.11', ['10.0.0.1', '10.0.0.12'])
    assert places(wanted, seen(wanted, '')) == (None, ['10.0.0.12'])
    # What it tells now is what it tells when the new master has said so.
    assert places(wanted, seen(wanted, 'pg-2')) == ('10.0.0.12', ['10.0.0.1'])
    later = standby(pg_1='master', pg_2='master')
    assert places(later, seen(later, 'pg-2')) == ('10.0.0.12', ['10.0.0.1'])


def test_new_master_that_waits_for_the_old_one_s_word_tells_what_it_told() -> None:
    wanted = standby(pg_1='master', pg_2='hot standby')
    found = seen(wanted, 'pg-0', is_primary=True)
    before = places(wanted, seen(wanted, 'pg-1'))

    assert places(wanted, dataclasses.replace(found, rivals=('pg/1',))) == before
    assert roles.state(wanted, found) == 'master'


def test_standby_without_patroni_goes_by_the_others_words() -> None:
    wanted = standby(pg_1='master', pg_2='hot standby')
    found = dataclasses.replace(seen(wanted, 'pg-1'), cluster=None)

    assert places(wanted, found) == ('10.0.0.11', ['10.0.0.1', '10.0.0.12'])
