"""A unit that never becomes the master, and one that is behind on purpose, on real servers."""

from __future__ import annotations

import json
from typing import Any

import fix_replicated
import psycopg
import pytest
import writers
from replicated import LONG, Cluster
from waiting import wait_for

cluster = fix_replicated.cluster
judged = fix_replicated.judged


@pytest.fixture
def three(cluster: Cluster) -> None:
    """Three units, before ``judged``, whose writer knows only who is there."""
    cluster.have(3)


def members(cluster: Cluster) -> dict[str, dict[str, Any]]:
    """Return the rows of ``show-cluster`` by unit, as a unit that answers tells them."""
    found = json.loads(cluster.run(cluster.master(), 'show-cluster')['json'])
    return {row['unit']: row for row in found}


def ask(cluster: Cluster, unit: str, sql: str) -> Any:
    """Run one statement on *unit*, whatever its role."""
    address = cluster.units[unit]['public-address']
    words = cluster.conninfo().replace('target_session_attrs=read-write', '').split()
    only = [f'host={address}' if word.startswith('host=') else word for word in words]
    only = ['port=5432' if word.startswith('port=') else word for word in only]
    with psycopg.connect(' '.join(only), autocommit=True) as connection:
        return connection.execute(sql.encode()).fetchone()


@pytest.mark.usefixtures('three')
def test_lost_master_is_followed_by_a_unit_that_may(cluster: Cluster, judged: writers.Writer):
    master = cluster.master()
    never, other = sorted(unit for unit in cluster.units if unit != master)

    cluster.do('config', 'pg-a', f'no-failover={never}')

    cluster.wait_for_message(never, 'never the master')
    wait_for(lambda: members(cluster)[other]['sync_state'] == 'quorum', timeout=LONG)
    wait_for(lambda: members(cluster)[never]['sync_state'] != 'quorum', timeout=LONG)
    assert members(cluster)[never]['note'] == 'no failover'
    cluster.wait_for_message(master, 'can lose 1 unit, 0 writes')
    refused = cluster.refusal(master, 'switchover', f'candidate={never}')
    assert f'{never} never becomes the master' in refused

    cluster.kill(master)
    wait_for(lambda: cluster.states()[other] == 'master', timeout=LONG)
    cluster.start(master)

    wait_for(lambda: cluster.states()[master] == 'hot standby', timeout=LONG)
    assert cluster.states()[never] == 'hot standby'
    cluster.do('config', 'pg-a', '--reset', 'no-failover')
    cluster.wait_whole()


@pytest.mark.usefixtures('three')
def test_delayed_standby_has_all_and_shows_it_later(cluster: Cluster, judged: writers.Writer):
    master = cluster.master()
    behind, other = sorted(unit for unit in cluster.units if unit != master)

    cluster.do('config', 'pg-a', f'delayed-standby={behind}=1h')

    cluster.wait_for_message(behind, f'delayed standby of {master}, 1h behind')
    wait_for(lambda: cluster.states()[behind] == 'failover', timeout=LONG)
    wait_for(lambda: members(cluster)[behind]['sync_state'] == 'async', timeout=LONG)
    cluster.wait_for_message(master, 'can lose 1 unit, 0 writes')
    with psycopg.connect(cluster.conninfo()) as connection:
        connection.execute('CREATE TABLE mistake ()')
    ((position,),) = [ask(cluster, master, 'SELECT pg_current_wal_flush_lsn()')]
    there = "SELECT to_regclass('mistake') IS NOT NULL"
    wait_for(lambda: ask(cluster, other, there) == (True,), timeout=LONG)
    received = f"SELECT pg_last_wal_receive_lsn() >= '{position}'"
    wait_for(lambda: ask(cluster, behind, received) == (True,), timeout=LONG)
    assert ask(cluster, behind, there) == (False,)
    assert cluster.refusal(master, 'switchover', f'candidate={behind}')

    cluster.do('config', 'pg-a', '--reset', 'delayed-standby')

    wait_for(lambda: ask(cluster, behind, there) == (True,), timeout=LONG)
    cluster.wait_whole()
