"""Options that need a restart, on one unit and on three: rolled, or undone by themselves."""

from __future__ import annotations

import time

import fix_replicated
import psycopg
import pytest
import writers
from replicated import LONG, Cluster
from waiting import wait_for

from pgcharm import layout

cluster = fix_replicated.cluster
judged = fix_replicated.judged

BAD = 'extra-pg-conf=shared_preload_libraries = nosuch'
NOSUCH = 'could not access file "nosuch"'


@pytest.fixture
def three(cluster: Cluster) -> None:
    """Three units, before ``judged``, whose writer knows only who is there."""
    cluster.have(3)


def test_lone_unit_undoes_an_option_with_which_it_does_not_start(
    cluster: Cluster, judged: writers.Writer
):
    before = cluster.started()

    cluster.do('config', 'pg-a', BAD)

    cluster.wait_for_message('pg-a/0', 'option "extra-pg-conf": undone, pg-a/0 does not start')
    assert NOSUCH in cluster.messages()['pg-a/0']
    wait_for(lambda: cluster.started() != before, timeout=LONG, catch=(FileNotFoundError,))
    told = cluster.run('pg-a/0', 'why')
    assert 'config pg-a extra-pg-conf=' in told['options']
    _wait_for_more(judged)


def _wait_for_more(judged: writers.Writer) -> None:
    begin = time.monotonic()
    wait_for(lambda: judged.acknowledged()[-1].at > begin, timeout=LONG)


def test_changed_value_is_tried_again(cluster: Cluster):
    cluster.do('config', 'pg-a', 'extra-pg-conf=wal_buffers=2MB')

    def holds() -> bool:
        with psycopg.connect(cluster.conninfo()) as connection:
            return connection.execute('SHOW wal_buffers').fetchone() == ('2MB',)

    wait_for(holds, timeout=LONG, catch=(psycopg.Error,))
    cluster.wait_for_message('pg-a/0', 'standalone')


def test_setting_that_a_reload_brings_and_the_server_refuses_is_undone_without_a_restart(
    cluster: Cluster, judged: writers.Writer
):
    before = cluster.started()

    cluster.do('config', 'pg-a', "extra-pg-conf=wal_buffers=2MB\ntimezone='No/Where'")

    cluster.wait_for_message('pg-a/0', 'does not start with it: it refuses timezone = No/Where')
    cluster.do('config', 'pg-a', 'extra-pg-conf=wal_buffers=2MB')
    cluster.wait_for_message('pg-a/0', 'standalone')
    assert cluster.started() == before


@pytest.mark.usefixtures('three')
def test_changed_option_restarts_the_standbys_one_at_a_time_and_then_the_master(
    cluster: Cluster, judged: writers.Writer
):
    master = cluster.master()
    before = cluster.started()

    cluster.do('config', 'pg-a', 'extra-pg-conf=wal_buffers=3MB')

    def rolled() -> bool:
        after = cluster.started()
        return all(after[unit] > before[unit] for unit in before)

    wait_for(rolled, timeout=LONG, catch=(FileNotFoundError,), message='all units to restart')
    cluster.wait_whole()
    after = cluster.started()
    assert max(after, key=lambda unit: int(after[unit])) == master
    assert len(set(after.values())) == 3
    assert cluster.master() != master


@pytest.mark.usefixtures('three')
def test_roll_ends_at_the_first_standby_that_does_not_start_and_the_option_is_undone(
    cluster: Cluster, judged: writers.Writer
):
    master = cluster.master()
    before = cluster.started()

    cluster.do('config', 'pg-a', BAD)

    for unit in cluster.units:
        cluster.wait_for_message(unit, 'option "extra-pg-conf": undone')
    cluster.wait_for_states('master', 'hot standby', 'hot standby')
    after = wait_for(cluster.started, timeout=LONG, catch=(FileNotFoundError,))
    restarted = [unit for unit in after if after[unit] != before[unit]]
    assert len(restarted) == 1
    assert restarted != [master]
    assert cluster.master() == master
    for unit in cluster.units:
        settings = cluster.storage(unit) / 'conf' / 'patroni.yml'
        wait_for(lambda path=settings: 'nosuch' not in path.read_text(), timeout=LONG)
    cluster.do('config', 'pg-a', 'extra-pg-conf=wal_buffers=3MB')
    cluster.wait_whole()


@pytest.mark.usefixtures('three')
def test_all_units_killed_in_the_midst_of_a_bad_roll_come_back(
    cluster: Cluster, judged: writers.Writer
):
    units = list(cluster.units)

    cluster.do('config', 'pg-a', BAD)
    cluster.kill(*units)
    cluster.start(*units)

    for unit in units:
        cluster.wait_for_message(unit, 'option "extra-pg-conf": undone')
    _wait_for_more(judged)
    cluster.do('config', 'pg-a', 'extra-pg-conf=wal_buffers=3MB')
    cluster.wait_whole()
    assert cluster.voters() == sorted(layout.member_of(unit) for unit in units)
