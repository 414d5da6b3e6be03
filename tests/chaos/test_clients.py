"""Who may connect from where, on machines whose addresses are true: exactly the related units."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Generator
from pathlib import Path
from typing import Any

import ages
import clusters
import own as owns
import psycopg
import pytest
from waiting import wait_for

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason='machines with power need root')

_BASH = Path(ages.__file__).parent / 'charms' / 'client-bash'

_OVERLAP = 60.0
"""Seconds that are granted to whoever has to read the new password."""

_LOOK = 'JUJU_DISPATCH_PATH=hooks/cluster-changed ./dispatch'

# Connects and says so, then asks once more whenever it is told to, until it is refused.
_SESSION = """
import psycopg, sys
try:
    # Who has lost its network learns of it when nothing is acknowledged.
    session = psycopg.connect(
        sys.argv[1], autocommit=True, connect_timeout=10, tcp_user_timeout=10000
    )
    print('in', flush=True)
    for line in sys.stdin:
        session.execute('SELECT 1')
        print('in', flush=True)
except psycopg.Error as error:
    print('out', error, flush=True)
"""


def test_units_come_in_from_their_own_machines_until_they_leave(own: owns.Own) -> None:
    cluster = clusters.Cluster(own)
    cluster.deploy(1)
    own.do('add-unit', clusters.CLIENT)
    wait_for(lambda: 'app/1' in _bag(own, 'app/1').get('allowed-units', ''), timeout=120)
    conninfo = str(_bag(own, 'app/1')['master'])

    with _session(cluster, 'app/0', conninfo) as stays, _session(cluster, 'app/1', conninfo) as go:
        assert (_ask(stays), _ask(go)) == ('in', 'in')
        with pytest.raises(psycopg.OperationalError, match=r'no pg_hba\.conf entry'):
            psycopg.connect(conninfo, connect_timeout=10)  # from the host, with the password

        own.do('remove-unit', 'app/1', '--no-prompt')

        # The server does not wait for the network to be found dead.
        wait_for(lambda: _sessions(cluster, 'juju_app') == 1, timeout=60)
        wait_for(lambda: _ask(go) == 'out', timeout=60)
        assert _ask(stays) == 'in'


def test_admin_may_be_any_user_from_its_machine_alone(own: owns.Own) -> None:
    cluster = clusters.Cluster(own)
    cluster.deploy(1)
    own.do('deploy', _BASH, 'pooler')
    own.do('integrate', 'pooler:db', f'{clusters.APPLICATION}:db-admin')
    wait_for(lambda: 'master' in _bag(own, 'pooler/0'), timeout=120)
    conninfo = str(_bag(own, 'app/0')['master'])
    with psycopg.connect(cluster.conninfo(), autocommit=True) as connection:
        connection.execute('CREATE DATABASE another')

    with _session(cluster, 'pooler/0', conninfo) as session:
        assert _ask(session) == 'in'
    admin = str(_bag(own, 'pooler/0')['master']).replace('dbname=pooler', 'dbname=another')
    with _session(cluster, 'pooler/0', admin) as session:
        assert _ask(session) == 'in'
    with _session(cluster, 'app/0', admin, is_let_in=False):
        pass


def test_former_password_is_good_while_a_session_on_any_unit_uses_it(own: owns.Own) -> None:
    cluster = clusters.Cluster(own)
    cluster.deploy(2)
    bag = _bag(own, 'app/0')
    (standby,) = cluster.servers().keys() - {cluster.primary()}
    conninfo = f'{bag["master"]} host={cluster.addresses()[standby]}'

    def may_log_in() -> bool:
        login = "SELECT rolcanlogin FROM pg_roles WHERE rolname = 'juju_app'"
        return cluster.ask(cluster.primary(), login) == [(True,)]

    with _session(cluster, 'app/0', conninfo) as session:
        own.do('run', 'pg/leader', 'rotate-password')
        wait_for(lambda: _bag(own, 'app/0')['user'] == 'juju_app_2', timeout=120)
        told = time.monotonic()
        wait_for(lambda: time.monotonic() - told > _OVERLAP, timeout=2 * _OVERLAP, every=1)
        own.do('exec', '--unit', cluster.primary(), _LOOK)
        assert may_log_in()
        assert _ask(session) == 'in'

    wait_for(lambda: not may_log_in(), timeout=600, every=1)


def _sessions(cluster: clusters.Cluster, user: str) -> int:
    """Return how many sessions a user has on the primary."""
    found = f"SELECT count(*) FROM pg_stat_activity WHERE usename = '{user}'"
    ((count,),) = cluster.ask(cluster.primary(), found)
    return count


def _bag(solo: owns.Own, client: str) -> dict[str, Any]:
    shown = json.loads(solo.do('show-unit', client, '--format', 'json'))
    return {
        key: value
        for relation in shown[client].get('relation-info', [])
        if relation['endpoint'] == 'db'
        for row in relation.get('related-units', {}).values()
        for key, value in row['data'].items()
    }


@contextlib.contextmanager
def _session(
    cluster: clusters.Cluster, unit: str, conninfo: str, *, is_let_in: bool = True
) -> Generator[subprocess.Popen[str], None, None]:
    """Connect from the machine of a client's unit."""
    application = unit.partition('/')[0]
    row = cluster.solo.status()['applications'][application]['units'][unit]
    with subprocess.Popen(
        [*cluster.inside(str(row['machine'])), sys.executable, '-c', _SESSION, conninfo],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None and process.stdin is not None
        first = process.stdout.readline()
        assert first.startswith('in') == is_let_in, first
        try:
            yield process
        finally:
            process.kill()


def _ask(process: subprocess.Popen[str]) -> str:
    """Return ``in`` while the session goes on."""
    assert process.stdin is not None and process.stdout is not None
    with contextlib.suppress(BrokenPipeError):
        process.stdin.write('\n')
        process.stdin.flush()
    return process.stdout.readline().split(' ')[0].strip() or 'out'
