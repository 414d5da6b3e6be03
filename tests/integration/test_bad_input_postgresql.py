"""What goes wrong on a machine when PostgreSQL is deployed: told with its remedy, and mended."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
from pathlib import Path

import processes
import pytest
from own import Own
from waiting import wait_for

NOBODY = 65534
AS_NOBODY = ('setpriv', f'--reuid={NOBODY}', f'--regid={NOBODY}', '--clear-groups')
PACKAGES = '/usr/lib/postgresql'
APT = '/usr/bin/apt-get'

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason='PostgreSQL runs as another user then')


def workload(own: Own, unit: str) -> tuple[str, str]:
    status = own.unit(unit)['workload-status']
    return status['current'], status.get('message', '')


def answer(own: Own, unit: str) -> str:
    """Ask PostgreSQL something the way that an operator would."""
    results = json.loads(own.do('run', unit, 'get-connection', '--format', 'json'))
    command = next(
        text for text in results[unit]['results'].values() if str(text).startswith('psql')
    )
    return subprocess.run(
        ['/bin/sh', '-c', f'{command} -Atc "select 6 * 7"'],
        capture_output=True,
        text=True,
        check=False,
    ).stdout


@needs_root
def test_a_data_directory_that_postgres_cannot_reach_is_named_and_a_chmod_mends_it(own: Own):
    closed = own.data.parent
    closed.chmod(0o700)

    deployed = own('deploy', 'postgresql', 'pg', '--config', 'profile=testing', '--wait')

    assert workload(own, 'pg/0') == (
        'blocked',
        f'user "postgres" cannot enter {closed}; run "chmod o+x {closed}"',
    )
    assert deployed.returncode == 1
    assert 'Traceback' not in deployed.stderr
    closed.chmod(0o711)
    own.do('config', 'pg', 'max-connections=50', '--wait')
    assert workload(own, 'pg/0') == ('active', 'standalone')
    assert answer(own, 'pg/0') == '42\n'


@needs_root
def test_a_taken_port_is_passed_over_and_a_killed_supervisor_never_has_a_second_copy(own: Own):
    with socket.create_server(('0.0.0.0', 0)) as taken:
        port = taken.getsockname()[1]
        options = ('--config', f'listen-port={port}', '--config', 'profile=testing')
        own.do('deploy', 'postgresql', 'pg', *options, '--wait')
        (opened,) = own.unit('pg/0')['open-ports']
        assert port < int(opened.removesuffix('/tcp')) < port + 10
        assert answer(own, 'pg/0') == '42\n'
    before = daemons(own)
    supervisors = [pid for pid, line in before.items() if 'supervisord' in line]
    assert len(supervisors) == 1

    for pid in supervisors:
        os.kill(pid, signal.SIGKILL)
    assert answer(own, 'pg/0') == '42\n'
    own.do('config', 'pg', 'max-connections=50', '--wait')

    after = wait_for(lambda: supervised(own), timeout=60)
    assert not set(supervisors) & set(after)
    assert copies(after) == copies(before)
    assert answer(own, 'pg/0') == '42\n'


@needs_root
def test_an_ordinary_user_without_a_home_has_the_same_postgresql(own: Own):
    """All packages are there: nothing needs root."""
    somebody = Own(own.cli, own.data, own.data.parent / 'home', AS_NOBODY)
    own.data.mkdir()
    os.chown(own.data, NOBODY, NOBODY)

    deployed = somebody('deploy', 'postgresql', 'pg', '--config', 'profile=testing', '--wait')

    assert deployed.returncode == 0, deployed.stderr
    assert answer(somebody, 'pg/0') == '42\n'
    somebody.destroy()
    shutil.rmtree(f'/var/tmp/pgcharm-{NOBODY}')


@needs_root
def test_an_ordinary_user_is_told_which_packages_are_missing(own: Own):
    somebody = Own(own.cli, own.data, own.data.parent / 'home', (*hidden(), *AS_NOBODY))
    own.data.mkdir()
    os.chown(own.data, NOBODY, NOBODY)

    deployed = somebody('deploy', 'postgresql', 'pg', '--wait')

    state, message = workload(somebody, 'pg/0')
    assert (deployed.returncode, state) == (1, 'blocked')
    assert re.search(r'run "sudo apt-get install postgresql-\d+', message)
    assert 'Traceback' not in deployed.stderr
    somebody.destroy()


@needs_root
def test_an_apt_that_fails_once_is_asked_again(own: Own, tmp_path: Path):
    """Its second run "installs": it uncovers the packages of this machine."""
    apt = tmp_path / 'apt-get'
    apt.write_text(
        '#!/bin/sh\n'
        f'case "$*" in *install*) ;; *) exit 0 ;; esac\n'
        f'[ -e {tmp_path}/failed ] && exec umount {PACKAGES}\n'
        f'touch {tmp_path}/failed; echo "E: Failed to fetch, try later" >&2; exit 100\n'
    )
    apt.chmod(0o755)
    broken = Own(own.cli, own.data, own.data.parent / 'home', hidden(f'mount --bind {apt} {APT}'))

    broken.do('deploy', 'postgresql', 'pg', '--config', 'profile=testing', '--wait')

    assert (tmp_path / 'failed').exists()
    assert 'apt-get failed: Failed to fetch, try later' in own.do(
        'debug-log', '--replay', '--no-tail', '--level', 'INFO'
    )
    assert answer(own, 'pg/0') == '42\n'


def hidden(*commands: str) -> tuple[str, ...]:
    """Return what runs a command, and the controller that it starts, where PostgreSQL is not."""
    script = ' && '.join([f'mount -t tmpfs tmpfs {PACKAGES}', *commands, 'exec "$@"'])
    return ('unshare', '--mount', 'sh', '-c', script, 'sh')


def daemons(own: Own) -> dict[int, str]:
    """Return the charm's daemons: what runs of this solo, but the controller and hooks."""
    address = own.unit('pg/0')['public-address']
    found: dict[int, str] = {}
    for entry in Path('/proc').iterdir():
        if entry.name.isdigit() and processes.is_running(int(entry.name)):
            try:
                line = (entry / 'cmdline').read_bytes().replace(b'\0', b' ').decode()
            except OSError:
                continue
            if str(own.data) in line or address in line:
                found[int(entry.name)] = line
    # A keeper waits while another one keeps the daemon: several of them are no second copy.
    return {
        pid: line
        for pid, line in found.items()
        if 'controller' not in line and 'keeper.py' not in line
    }


def supervised(own: Own) -> dict[int, str]:
    found = daemons(own)
    return found if any('supervisord' in line for line in found.values()) else {}


def copies(found: dict[int, str]) -> dict[str, int]:
    """Return how many there are of each daemon."""
    names = ('supervisord', 'patroni', '/etcd ', 'pgcharm.watcher', 'bin/postgres -D')
    return {name: sum(name in line for line in found.values()) for name in names}
