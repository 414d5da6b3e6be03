"""A majority is lost: what the unit that stays must know before it goes on alone."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import clusters
import own as owns
import psycopg
import pytest
import writers
from waiting import wait_for

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason='machines with power need root')

LONG = 180
ACCEPTED = 'accept-data-loss=true'


@pytest.fixture(scope='module')
def cluster(request: pytest.FixtureRequest) -> Iterator[clusters.Cluster]:
    with owns.temporary(str(request.config.getoption('cli'))) as own:
        cluster = clusters.Cluster(own)
        failed_before = request.session.testsfailed
        try:
            cluster.deploy(2)
            with psycopg.connect(cluster.conninfo()) as connection:
                connection.execute(writers.TABLE)
            yield cluster
        finally:
            if request.session.testsfailed > failed_before:
                print(own('status').stdout, cluster.logs())


def say(cluster: clusters.Cluster, unit: str, *parameters: str) -> str:
    """Run ``takeover`` on *unit* and return its result, or why it was refused."""
    run = cluster.solo('run', unit, 'takeover', *parameters, '--format', 'json')
    task = json.loads(run.stdout)[unit]
    return task['results']['result'] if task['status'] == 'completed' else task['message']


def message(cluster: clusters.Cluster, unit: str) -> str:
    return cluster.rows()[unit]['workload-status'].get('message', '')


def wait_for_message(cluster: clusters.Cluster, unit: str, text: str) -> None:
    wait_for(
        lambda: text in message(cluster, unit),
        LONG,
        message=f'{unit} to say "{text}", not "{message(cluster, unit)}"',
    )


def wait_primary(cluster: clusters.Cluster, unit: str) -> None:
    def writes() -> bool:
        server = cluster.servers().get(unit)
        return server is not None and server.is_primary

    wait_for(writes, LONG, message=f'{unit} to take writes')


def insert(cluster: clusters.Cluster, unit: str, writer: str, number: int) -> bool:
    """Write a row and return whether it was acknowledged."""
    try:
        with psycopg.connect(cluster.conninfo(unit), autocommit=True) as connection:
            connection.execute('INSERT INTO written VALUES (%s, %s)', [writer, number])
    except psycopg.Error:
        return False
    return True


def test_standby_that_lost_etcd_while_the_master_went_on_asks_to_accept_a_loss(
    cluster: clusters.Cluster,
):
    master = cluster.primary()
    (standby,) = [unit for unit in cluster.rows() if unit != master]
    for port in ('2379', '2380'):
        cluster.solo.do('machine', 'cut', cluster.machine(standby), '--only', port)

    # Its lease ends, so the master goes on alone; the log still comes, and with it the proof.
    numbers = iter(range(10_000))
    wait_for(
        lambda: (
            insert(cluster, master, 'alone', next(numbers))
            and 'may lack writes since' in message(cluster, standby)
        ),
        LONG,
        message=f'{standby} to doubt, not "{message(cluster, standby)}"',
    )
    cluster.power(master, 'kill')
    wait_for(lambda: master not in cluster.servers(), LONG)

    refused = say(cluster, standby)
    assert 'it may lack writes that were acknowledged since' in refused
    assert f'{standby} has not heard etcd since' in refused
    assert 'takes over' in say(cluster, standby, ACCEPTED)
    wait_primary(cluster, standby)
    assert insert(cluster, standby, 'after', 1)

    cluster.power(standby, 'heal')
    cluster.power(master, 'start')
    cluster.wait_whole(2)
    assert cluster.primary() == standby


def test_loss_of_the_master_and_the_witness_is_taken_over_without_a_loss(
    cluster: clusters.Cluster, tmp_path: Path
):
    cluster.add_witness()
    master = cluster.primary()
    (standby,) = [unit for unit in cluster.rows() if unit != master]
    witness = str(cluster.solo.unit('witness/0')['machine'])

    with writers.writing(cluster.conninfo(), 'witness', tmp_path) as writer:
        wait_for(lambda: len(writer.acknowledged()) > 50, LONG)
        cluster.solo.do('machine', 'kill', witness)
        cluster.power(master, 'kill')
        wait_for_message(cluster, standby, 'takeover')
        seen = len(writer.acknowledged())
        assert 'takes over' in say(cluster, standby)
        wait_for(lambda: len(writer.acknowledged()) > seen, LONG)
    assert writers.missing(writer.acknowledged(), writers.rows(cluster.conninfo())) == []

    cluster.solo.do('machine', 'start', witness)
    cluster.power(master, 'start')
    cluster.wait_whole(2)
    assert cluster.primary() == standby


def test_last_of_three_units_does_not_know_what_the_others_confirmed(cluster: clusters.Cluster):
    cluster.remove_witness()
    cluster.solo.do('add-unit', clusters.APPLICATION, '-n', str(3 - len(cluster.rows())))
    cluster.wait_whole(3)
    master = cluster.primary()
    survivor, other = [unit for unit in cluster.rows() if unit != master]

    for unit in (master, other):
        cluster.power(unit, 'kill')
    wait_for_message(cluster, survivor, 'a majority of the units is away')
    assert 'takes over' in say(cluster, survivor)
    wait_for_message(cluster, survivor, f'may lack writes; run {survivor} takeover {ACCEPTED}')
    assert not cluster.servers()[survivor].is_primary
    assert 'takes over' in say(cluster, survivor, ACCEPTED)
    wait_primary(cluster, survivor)

    for unit in (master, other):
        cluster.power(unit, 'start')
    cluster.wait_whole(3)
    assert cluster.primary() == survivor
