"""What an operator may ask of the cluster, and what is refused before anything is done."""

from __future__ import annotations

import dataclasses

import pytest
from unit.charm import worlds

from pgcharm import cluster, cluster_actions, errors, roles, running, status


def member(name: str, role: str = 'replica', state: str = 'streaming') -> cluster.Member:
    return cluster.Member(name, role, state, '10.0.0.1', 5432, 1, 0)


THREE = cluster.Cluster(
    (
        member('pg-0', 'leader', 'running'),
        member('pg-1', 'quorum_standby'),
        member('pg-2', 'replica', 'starting'),
    )
)


def test_standby_that_streams_may_take_over() -> None:
    cluster_actions.check_candidate(THREE, 'pg/1')
    cluster_actions.check_candidate(THREE, '')


@pytest.mark.parametrize('candidate', ['pg/2', 'pg/9', 'nonsense'])
def test_candidate_that_does_not_stream_is_refused_and_the_others_are_named(
    candidate: str,
) -> None:
    with pytest.raises(errors.Error, match='choose one of: pg/1'):
        cluster_actions.check_candidate(THREE, candidate)


def test_candidate_that_confirms_nothing_is_refused_while_another_one_does() -> None:
    lagging = dataclasses.replace(THREE.members[2], state='streaming')
    found = cluster.Cluster((*THREE.members[:2], lagging))

    with pytest.raises(errors.Error, match='does not confirm writes'):
        cluster_actions.check_candidate(found, 'pg/2')


def test_lone_primary_can_hand_over_to_nobody() -> None:
    with pytest.raises(errors.Error, match='no standby streams'):
        cluster_actions.check_candidate(cluster.Cluster(THREE.members[:1]), '')


def test_fenced_unit_runs_no_patroni_and_says_how_to_end_that() -> None:
    wanted = worlds.wanted()
    fenced = dataclasses.replace(worlds.running(), is_fenced=True)

    names = [service.name for service in running.services_of(wanted, fenced)]
    shown = status.status(wanted, fenced)

    assert 'patroni' not in names and 'watcher' in names
    assert shown.name == 'blocked' and 'unfence' in shown.message


def test_fenced_unit_tells_its_clients_that_it_must_not_be_used() -> None:
    fenced = dataclasses.replace(worlds.running(), is_fenced=True)

    said = roles.state(worlds.wanted(published={'state': 'hot standby'}), fenced)

    assert said == 'failover'
