"""The main path from outside: a standalone PostgreSQL, its clients, its actions, its end."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jubilant
import processes
import pytest
from conftest import Run
from waiting import wait_for

from pgcharm import layout

Client = Callable[[str], dict[str, Any]]


@pytest.fixture(scope='module')
def pg(solo: Run) -> Iterator[Callable[..., Any]]:
    """A model with PostgreSQL and a client in it; the function returns a command's JSON."""
    model = 'pg'
    assert solo('add-model', model, '--no-switch').returncode == 0

    def ask(verb: str, *arguments: str) -> Any:
        done = solo(verb, '-m', model, *arguments, '--format', 'json')
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    deployed = solo(
        'deploy', '-m', model, 'postgresql', 'pg-a', '--config', 'profile=testing', '--wait'
    )
    assert deployed.returncode == 0, deployed.stdout + deployed.stderr
    yield ask
    ended = solo('destroy-model', model, '--no-prompt', '--destroy-storage')
    assert ended.returncode == 0, ended.stderr


@pytest.fixture(scope='module')
def client(pg: Callable[..., Any], solo: Run) -> Client:
    """An application that uses ``pg-a``; the function asks for rows over its relation."""
    assert solo('deploy', '-m', 'pg', 'pgsql-client', 'app').returncode == 0
    related = solo('integrate', '-m', 'pg', 'app:db', 'pg-a:db', '--wait')
    assert related.returncode == 0, related.stdout + related.stderr
    return lambda sql: _results(pg, 'app/0', 'query', f'sql={sql}')


def _unit(pg: Callable[..., Any], name: str) -> dict[str, Any]:
    return pg('status')['applications'][name.partition('/')[0]]['units'][name]


def _results(pg: Callable[..., Any], unit: str, *arguments: str) -> dict[str, Any]:
    return pg('run', unit, *arguments)[unit]['results']


def _processes(pg: Callable[..., Any], pattern: str) -> list[int]:
    """Return the processes of the deployed unit whose command line matches."""
    address = _unit(pg, 'pg-a/0')['public-address']
    found: list[int] = []
    for entry in Path('/proc').iterdir():
        if entry.name.isdigit():
            try:
                line = (entry / 'cmdline').read_bytes().replace(b'\0', b' ').decode()
            except OSError:
                continue
            if re.search(pattern, line) and (address in line or 'pg-a' in line):
                found.append(int(entry.name))
    return found


def test_deploy_gives_a_standalone_postgresql(pg: Callable[..., Any]):
    application = pg('status')['applications']['pg-a']

    assert application['application-status']['current'] == 'active'
    assert application['units']['pg-a/0']['workload-status']['message'] == 'standalone'
    assert re.match(r'^\d+\.\d+$', application['version'])
    assert application['units']['pg-a/0']['open-ports'] == ['5432/tcp']


def test_a_pasted_connection_opens_psql(pg: Callable[..., Any]):
    connection = _results(pg, 'pg-a/0', 'get-connection')

    command = next(text for text in connection.values() if str(text).startswith('psql'))
    answer = subprocess.run(
        ['/bin/sh', '-c', f'{command} -Atc "select 6 * 7"'],
        capture_output=True,
        text=True,
        env={'PATH': os.environ['PATH'], 'HOME': '/nonexistent'},
        check=False,
    )
    assert answer.stdout == '42\n', answer.stderr


def test_a_client_gets_user_and_database_at_once(pg: Callable[..., Any], client: Client):
    sql = 'select current_user, current_database()'
    rows = wait_for(lambda: client(sql).get('rows'), timeout=60)

    assert json.loads(rows) == [['juju_app', 'app']]
    (relation,) = [
        info
        for info in pg('show-unit', 'app/0')['app/0']['relation-info']
        if info['endpoint'] == 'db'
    ]
    bag = relation['related-units']['pg-a/0']['data']
    assert bag['state'] == 'standalone'
    assert bag['allowed-units'] == 'app/0'
    assert bag['database'] == 'app'


def test_a_database_asked_for_is_made_and_echoed(client: Client, solo: Run):
    changed = solo('config', '-m', 'pg', 'app', 'database=other', '--wait')
    assert changed.returncode == 0, changed.stdout + changed.stderr

    def database() -> bool:
        rows = client('select current_database()')
        return 'rows' in rows and json.loads(rows['rows']) == [['other']]

    wait_for(database, timeout=60)


@pytest.mark.parametrize('setting', ['fsync = off', 'wark_mem = 4MB'])
def test_a_wrong_option_blocks_and_the_service_goes_on(
    pg: Callable[..., Any], client: Client, solo: Run, setting: str
):
    solo('config', '-m', 'pg', 'pg-a', f'extra-pg-conf={setting}')
    blocked = wait_for(
        lambda: (
            (status := _unit(pg, 'pg-a/0')['workload-status'])['current'] == 'blocked' and status
        ),
        timeout=60,
    )
    rows = client('select 1')
    solo('config', '-m', 'pg', 'pg-a', '--reset', 'extra-pg-conf')

    assert 'extra-pg-conf' in blocked['message']
    assert json.loads(rows['rows']) == [[1]]
    wait_for(lambda: _unit(pg, 'pg-a/0')['workload-status']['current'] == 'active', timeout=60)


@pytest.mark.parametrize(
    'pattern', [r'postgres -D|postgres: *$', r'patroni_daemon', r'/etcd ', r'pgcharm\.watcher']
)
def test_a_killed_service_comes_back_without_a_hook(
    pg: Callable[..., Any], client: Client, pattern: str
):
    killed = _processes(pg, pattern)
    assert killed

    for pid in killed:
        os.kill(pid, signal.SIGKILL)

    wait_for(lambda: set(_processes(pg, pattern)) - set(killed), timeout=90)

    wait_for(lambda: 'rows' in client('select 1'), timeout=90)


@pytest.mark.usefixtures('client')
def test_a_broken_relation_locks_the_client_out(pg: Callable[..., Any], solo: Run):
    removed = solo('remove-relation', '-m', 'pg', 'app:db', 'pg-a:db', '--wait')
    assert removed.returncode in (0, 1), removed.stderr  # the client is blocked without it

    command = next(
        text
        for text in _results(pg, 'pg-a/0', 'get-connection').values()
        if str(text).startswith('psql')
    )

    def can_login() -> str:
        return subprocess.run(
            [
                *('/bin/sh', '-c'),
                f'{command} -Atc "select rolcanlogin from pg_roles where rolname=\'juju_app\'"',
            ],
            capture_output=True,
            text=True,
            check=False,
        ).stdout

    wait_for(lambda: can_login() == 'f\n', timeout=60)


def test_nothing_is_left_of_a_removed_application(pg: Callable[..., Any], solo: Run):
    assert solo('deploy', '-m', 'pg', 'postgresql', 'pg-b', '--wait').returncode == 0
    (storage,) = (
        one['attachments']['units']['pg-b/0']['location']
        for one in pg('storage')['storage'].values()
        if 'pg-b/0' in one['attachments']['units']
    )
    model = str(pg('show-model')['pg']['model-uuid'])
    folders = [Path(storage), layout.Layout('pg-b/0', model, None).run]
    assert all(processes.of(folder) for folder in folders)

    removed = solo(
        *('remove-application', '-m', 'pg', 'pg-b', '--no-prompt', '--destroy-storage', '--wait')
    )

    assert removed.returncode == 0, removed.stdout + removed.stderr
    assert 'pg-b' not in pg('status')['applications']
    assert [processes.of(folder) for folder in folders] == [{}, {}]


def test_jubilant_reads_the_status(pg: Callable[..., Any], cli: str):
    status = jubilant.Juju(model='pg', cli_binary=cli).status()

    assert status.apps['pg-a'].is_active
    assert jubilant.all_agents_idle(status, 'pg-a')
