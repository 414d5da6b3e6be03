"""One cluster that lives through growth, faults and shrinking, while a writer counts.

What a writer was told is safe must be there afterwards, whatever was killed meanwhile.
"""

from __future__ import annotations

import dataclasses
import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import fix_replicated
import psycopg
import pytest
import writers
from replicated import LONG, Cluster
from waiting import wait_for

from pgcharm import errors, https, layout, packages

_POSTGRES = f'/usr/lib/postgresql/{packages.default_version()}/bin/postgres'

cluster = fix_replicated.cluster
judged = fix_replicated.judged


@pytest.fixture
def pair(cluster: Cluster) -> None:
    """Two units, before ``judged``, whose writer knows only who is there."""
    cluster.have(2)


def test_two_more_units_become_hot_standbys(cluster: Cluster, judged: writers.Writer):
    cluster.do('add-unit', 'pg-a', '-n', '2')

    states = cluster.wait_for_states('master', 'hot standby', 'hot standby')
    assert states['pg-a/0'] == 'master'
    cluster.wait_whole()
    assert 'can lose 1 unit, 0 writes' in cluster.messages()['pg-a/0']
    assert cluster.voters() == ['pg-a-0', 'pg-a-1', 'pg-a-2']


def test_standby_refuses_writes_with_postgresql_s_own_error(cluster: Cluster):
    found = cluster.conninfo().replace('target_session_attrs=read-write', '')
    (standby, *_) = [unit for unit, state in cluster.states().items() if state == 'hot standby']
    address = cluster.units[standby]['public-address']
    only = ' '.join(f'host={address}' if 'host=' in w else w for w in found.split())
    only = ' '.join('port=5432' if 'port=' in word else word for word in only.split())

    with psycopg.connect(only) as connection, pytest.raises(psycopg.Error) as refused:
        connection.execute("INSERT INTO written VALUES ('standby', 1)")

    assert refused.value.sqlstate == '25006'


def test_stranger_gets_no_answer_of_patroni_or_etcd(cluster: Cluster, tmp_path: Path):
    own = cluster.etcd('pg-a/0')
    stranger = _certificates(tmp_path)

    for port in (2379, 2380, 8008):
        door = dataclasses.replace(
            own, port=port, certificate=stranger[0], private_key=stranger[1]
        )
        with pytest.raises(errors.UnreachableError):
            https.ask(door, 'GET', '/version')


def _certificates(folder: Path) -> tuple[Path, Path]:
    from pgcharm import pki

    pair = pki.issue(pki.make_ca('pg-a'), 'pg-a-0', ['127.0.0.1'])
    certificate, key = folder / 'unit.pem', folder / 'unit-key.pem'
    certificate.write_text(pair.cert_pem)
    key.write_text(pair.key_pem)
    return certificate, key


def test_lease_of_the_leader_is_what_the_option_says(cluster: Cluster):
    door = cluster.etcd('pg-a/0')
    key = https.ask(
        door,
        'POST',
        '/v3/kv/range',
        {'key': 'L3NlcnZpY2UvcGctYS9sZWFkZXI='},  # /service/pg-a/leader
    ).record['kvs'][0]

    lease = https.ask(door, 'POST', '/v3/lease/timetolive', {'ID': key['lease']}).record

    assert lease['grantedTTL'] == '7'


def test_switchover_to_a_candidate(cluster: Cluster, judged: writers.Writer):
    master = cluster.master()
    candidate = next(unit for unit in cluster.units if unit != master)

    planned = cluster.run(master, 'switchover', f'candidate={candidate}', 'plan=true')
    assert planned == {'plan': f'{master} hands over to {candidate}'}
    assert cluster.run(master, 'switchover', f'candidate={candidate}')['primary'] == candidate

    cluster.wait_whole()
    assert cluster.master() == candidate
    again = cluster.run(master, 'switchover', f'candidate={candidate}')
    assert again['result'] == f'{candidate} is the primary already'
    told = cluster.run(master, 'why')
    assert told['primary'] == candidate
    assert told['history'].splitlines()[-1].endswith(candidate)


def test_paused_cluster_refuses_to_move_until_resumed(cluster: Cluster):
    master = cluster.master()

    cluster.run(master, 'pause')

    cluster.wait_for_message(master, 'paused')
    assert '"resume" first' in cluster.refusal(master, 'switchover')
    cluster.run(master, 'resume')
    cluster.wait_whole()


def test_restart_rolls_over_all_units(cluster: Cluster, judged: writers.Writer):
    master = cluster.master()
    before = cluster.started()

    done = cluster.run(master, 'restart')

    assert done['restarted'].split()[-1] == master
    cluster.wait_whole()
    after = cluster.started()
    assert all(after[unit] > before[unit] for unit in before)
    assert cluster.master() != master


def test_fenced_unit_is_out_of_it(cluster: Cluster, judged: writers.Writer):
    master = cluster.master()

    cluster.run(master, 'fence')

    cluster.wait_for_message(master, 'fenced')
    cluster.wait_for_states('failover', 'master', 'hot standby')
    assert cluster.states()[master] == 'failover'
    cluster.run(master, 'unfence')
    cluster.wait_whole()


def test_reinitialised_standby_copies_its_data_again(cluster: Cluster):
    master = cluster.master()
    standby = next(unit for unit in cluster.units if unit != master)
    witness = cluster.storage(standby) / 'postgresql' / 'data' / 'of-the-old-copy'
    witness.touch()

    assert 'is the primary' in cluster.refusal(master, 'reinitialise')
    cluster.run(standby, 'reinitialise')

    wait_for(lambda: not witness.exists(), timeout=LONG)
    cluster.wait_whole()


def test_killed_postmaster_of_the_master(cluster: Cluster, judged: writers.Writer):
    master = cluster.master()
    data = cluster.storage(master) / 'postgresql' / 'data'
    begin = judged.acknowledged()[-1].n

    os.kill(int((data / 'postmaster.pid').read_text().split()[0]), signal.SIGKILL)

    wait_for(lambda: judged.acknowledged()[-1].n > begin + 50, timeout=LONG)
    cluster.wait_whole()


def test_lost_unit_of_the_master_and_its_return(cluster: Cluster, judged: writers.Writer):
    _lose_the_master(cluster)


def test_lost_master_whose_rewind_was_cut_short_copies_the_data_again(
    cluster: Cluster, judged: writers.Writer
):
    master = cluster.master()

    _lose_the_master(cluster, _begin_to_rewind)

    data = cluster.storage(master) / 'postgresql' / 'data'
    assert not (data / 'of-the-old-copy').exists()


def _begin_to_rewind(data: Path) -> None:
    """Leave *data* as a killed ``pg_rewind`` may: recovered, and without its last segment."""
    single = (_POSTGRES, '--single', '-D', data, 'template1')
    as_owner = ('setpriv', f'--reuid={data.owner()}', f'--regid={data.group()}', '--clear-groups')
    command = (*as_owner, *single) if os.geteuid() == 0 else single
    (data / 'postmaster.pid').unlink(missing_ok=True)
    subprocess.run(command, stdin=subprocess.DEVNULL, check=True, cwd='/')
    segments = sorted(data.glob('pg_wal/' + '[0-9A-F]' * 24))
    segments[-1].unlink()
    (data / 'of-the-old-copy').touch()


def _lose_the_master(
    cluster: Cluster, meanwhile: Callable[[Path], None] = lambda data: None
) -> None:
    """Kill the master's unit; another takes over by itself, and the lost one returns."""
    master = cluster.master()

    cluster.kill(master)

    wait_for(
        lambda: cluster.master() not in ('', master) or _masters(cluster) > 1,
        timeout=LONG,
    )
    taken = [u for u, s in cluster.states().items() if s == 'master' and u != master]
    wait_for(lambda: taken, timeout=LONG)
    cluster.wait_for_message(taken[0], f'{master} is away')
    meanwhile(cluster.storage(master) / 'postgresql' / 'data')
    cluster.start(master)
    cluster.wait_whole()
    assert cluster.states()[master] == 'hot standby'
    cluster.wait_for_message(taken[0], 'can lose 1 unit, 0 writes')


def _masters(cluster: Cluster) -> int:
    return sum(state == 'master' for state in cluster.states().values())


def test_all_units_killed_at_once_come_back(cluster: Cluster, judged: writers.Writer):
    units = list(cluster.units)

    cluster.kill(*units)
    cluster.start(*reversed(units))

    cluster.wait_whole()
    cluster.wait_for_message(cluster.master(), 'can lose 1 unit, 0 writes')


def test_master_that_is_removed_hands_over(cluster: Cluster, judged: writers.Writer):
    master = cluster.master()

    cluster.do('remove-unit', master, '--no-prompt')

    wait_for(lambda: master not in cluster.units, timeout=LONG)
    cluster.wait_whole()


def test_lost_standby_of_two_units(cluster: Cluster, judged: writers.Writer):
    (standby,) = [unit for unit, state in cluster.states().items() if state == 'hot standby']
    begin = judged.acknowledged()[-1].n

    cluster.kill(standby)

    wait_for(lambda: judged.acknowledged()[-1].n > begin + 50, timeout=LONG)
    cluster.wait_for_message(cluster.master(), f'{standby} is away')
    cluster.start(standby)
    cluster.wait_whole()


@pytest.mark.usefixtures('pair')
def test_hooks_go_on_where_no_write_is_confirmed(cluster: Cluster):
    master = cluster.master()
    (standby,) = [unit for unit in cluster.units if unit != master]
    cluster.do('config', 'pg-a', 'synchronous-mode=strict')
    cluster.wait_whole()
    cluster.run(standby, 'fence')
    cluster.wait_for_message(standby, 'fenced')

    cluster.do('deploy', 'pgsql-client', 'late')
    cluster.do('integrate', 'late:db', 'pg-a:db')

    wait_for(
        lambda: (
            cluster.ask('status')['applications']['late']['application-status']['current']
            == 'active'
        ),
        timeout=LONG,
    )
    cluster.do('remove-application', 'late', '--no-prompt')
    cluster.do('config', 'pg-a', 'synchronous-mode=auto')
    cluster.run(standby, 'unfence')
    cluster.wait_whole()


def test_two_units_with_a_witness_fail_over_by_themselves(
    cluster: Cluster, judged: writers.Writer
):
    cluster.do('deploy', 'postgresql-witness')
    cluster.do('integrate', 'postgresql-witness', 'pg-a')
    cluster.wait_for_message(cluster.master(), 'can lose 1 unit, 0 writes')
    units = [layout.member_of(unit) for unit in cluster.units]
    assert cluster.voters() == sorted([*units, 'postgresql-witness.pg-a-0'])

    _lose_the_master(cluster)


def test_witness_that_is_removed_gives_its_vote_back(cluster: Cluster, judged: writers.Writer):
    found = cluster.ask('status')['applications']['postgresql-witness']['units']
    assert [one['workload-status']['message'] for one in found.values()] == ['votes for pg-a']

    cluster.do('remove-application', 'postgresql-witness', '--no-prompt')

    wait_for(
        lambda: 'postgresql-witness' not in cluster.ask('status')['applications'], timeout=LONG
    )
    cluster.wait_for_message(cluster.master(), 'can lose pg-a/')
    assert cluster.voters() == [layout.member_of(cluster.master())]


@pytest.mark.usefixtures('pair')
def test_lost_master_of_two_units_is_taken_over_by_the_operator_s_word(
    cluster: Cluster, judged: writers.Writer
):
    master = cluster.master()
    (standby,) = [unit for unit in cluster.units if unit != master]
    assert 'a majority of etcd answers' in cluster.refusal(standby, 'takeover')

    cluster.kill(master)
    cluster.wait_for_message(standby, f'remove-unit --force {master} (or: run {standby} takeover)')
    _wait_for_writes(judged, lambda: cluster.run(standby, 'takeover'))

    cluster.start(master)
    cluster.wait_whole()
    assert cluster.states() == {standby: 'master', master: 'hot standby'}


def _wait_for_writes(judged: writers.Writer, act: Callable[[], object]) -> None:
    """Do what makes the cluster writable again, and show how long that took."""
    begin = time.monotonic()
    act()
    wait_for(lambda: judged.acknowledged()[-1].at > begin, timeout=LONG)
    first = next(one.at for one in judged.acknowledged() if one.at > begin)
    print(f'{judged.name}: writable {first - begin:.1f} s after the command')


@pytest.mark.usefixtures('pair')
def test_removal_of_a_lost_master_is_the_operator_s_word(cluster: Cluster, judged: writers.Writer):
    master = cluster.master()

    cluster.kill(master)
    _wait_for_writes(judged, lambda: cluster.do('remove-unit', master, '--no-prompt', '--force'))

    wait_for(lambda: list(cluster.states().values()) == ['standalone'], timeout=LONG)
    wait_for(lambda: len(cluster.units) == 1, timeout=LONG)
    (unit,) = cluster.units
    cluster.wait_for_message(unit, 'standalone')
    with psycopg.connect(cluster.conninfo()) as connection:
        slots = 'SELECT slot_name FROM pg_replication_slots'
        wait_for(lambda: not connection.execute(slots).fetchall(), timeout=LONG)
    assert cluster.voters() == [layout.member_of(unit)]
