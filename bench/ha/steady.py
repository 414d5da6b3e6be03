"""What three units cost, and whether they rest, while nothing dies.

``deploy``  from nothing to three units that replicate, packages there
``join``    a standby of a database of 1 GB, against ``pg_basebackup`` by itself
``tps``     pgbench, against the same cluster made by hand with the same settings, in turn
``alarms``  pgbench, processes that hog the cores, one that hogs the disk, and an election of etcd
            every half minute: no unit may be called dead. ``alarms 20`` takes 20 minutes

Needs root. Usage: python bench/ha/steady.py [deploy|join|tps|alarms] [RUNS or MINUTES]
"""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator
from pathlib import Path
from typing import Any

_BENCH = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(_BENCH), str(_BENCH.parent / 'tests')]

import measure  # noqa: E402
import nodes  # noqa: E402
import plain_patroni  # noqa: E402
import product  # noqa: E402
import psycopg  # noqa: E402
from waiting import wait_for  # noqa: E402

_SCALE = 68
"""Of pgbench: about 1 GB."""

_CLIENTS = ('-c', '8', '-j', '2')
_SECONDS = 10
_ELECTION = 30.0

_SETTINGS = """SELECT name, current_setting(name) FROM pg_settings
    WHERE source IN ('configuration file', 'command line') AND name NOT IN ('cluster_name',
    'data_directory', 'config_file', 'listen_addresses', 'port', 'synchronous_standby_names')
    AND name !~ '^(ssl_|hba_|ident_|log_|logging|unix_|primary_|recovery_|unix)'"""


def _hosts(conninfo: str) -> dict[str, str]:
    return dict(part.split('=', 1) for part in conninfo.split())


def pgbench(conninfo: str, *words: str) -> str:
    """Run pgbench against the primary among the hosts of *conninfo*."""
    wanted = _hosts(conninfo)
    password = wanted.pop('password', '')
    command = [str(nodes.BIN / 'pgbench'), *words, ' '.join(f'{k}={v}' for k, v in wanted.items())]
    done = subprocess.run(
        command,
        env={**os.environ, 'PGPASSWORD': password},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(f'pgbench failed:\n{done.stdout[-2000:]}{done.stderr[-2000:]}')
    return done.stdout


def rate(conninfo: str) -> float:
    """Return transactions per second of one round."""
    said = pgbench(conninfo, *_CLIENTS, '-n', '-T', str(_SECONDS))
    found = re.search(r'^tps = ([\d.]+)', said, re.MULTILINE)
    assert found, said
    return float(found[1])


def tps(rounds: int) -> dict[str, Any]:
    """Return transactions per second of both clusters, in turn."""
    with product.cluster() as ours, plain_patroni.cluster() as hand:
        primary = ours.primary()
        settings = dict(ours.cluster.ask(primary, _SETTINGS))
        made = _certificate(hand.folder)
        hand.configure(
            {
                'synchronous_mode': 'quorum',
                'postgresql': {'parameters': {**settings, 'ssl': 'on', **made}},
            }
        )
        encrypted = f'{hand.conninfo} sslmode=require'
        pairs = {'ours': ours.conninfo, 'by hand': encrypted}
        for conninfo in pairs.values():
            with psycopg.connect(conninfo) as connection:
                (waits,) = connection.execute('SHOW synchronous_standby_names').fetchone() or ('',)
                assert waits.startswith('ANY 1'), waits
            pgbench(conninfo, '-i', '-q', '-s', '10')
            rate(conninfo)
        found = [{name: rate(where) for name, where in pairs.items()} for _ in range(rounds)]
    return {
        'ratio, median': statistics.median(one['ours'] / one['by hand'] for one in found),
        'rounds': found,
        'settings': settings,
    }


def _certificate(folder: Path) -> dict[str, str]:
    """Make a certificate that signs itself; return the parameters that name it."""
    key, certificate = folder / 'key.pem', folder / 'certificate.pem'
    kind = ('-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes')
    files = ('-keyout', str(key), '-out', str(certificate))
    nodes.run('openssl', 'req', '-x509', *kind, *files, '-subj', '/CN=by-hand', '-days', '2')
    for file in (key, certificate):
        os.chmod(file, 0o600)
        nodes.run('chown', 'postgres:postgres', str(file))
    return {'ssl_cert_file': str(certificate), 'ssl_key_file': str(key)}


def deploy(runs: int) -> dict[str, Any]:
    """Return how long ``deploy -n 3 --wait`` takes."""
    took: list[float] = []
    with measure.own_solo():
        for run in range(runs + 1):
            measure.solo('add-model', f'run{run}')
            begin = time.monotonic()
            measure.solo('deploy', 'postgresql', '-n', '3', '--wait')
            took.append(time.monotonic() - begin)
            measure.solo('destroy-model', f'run{run}', '--no-prompt', '--destroy-storage')
    return {
        'the first, which builds the environment (s)': took[0],
        'deploy -n 3 --wait (s)': took[1:],
        'median (s)': statistics.median(took[1:]),
    }


def join(runs: int) -> dict[str, Any]:
    """Return how long a copy of 1 GB takes by itself, and until a new unit streams."""
    rows: list[dict[str, float]] = []
    with product.cluster(1, profile='production') as ours:
        pgbench(ours.conninfo, '-i', '-q', '-s', str(_SCALE))
        ((size,),) = ours.cluster.ask(
            ours.primary(), 'SELECT pg_database_size(current_database())'
        )
        for _ in range(runs):
            raw = _copied(ours)
            begin = time.monotonic()
            ours.solo.do('add-unit', 'pg')
            wait_for(lambda: _streams(ours), 600, every=0.1)
            took = time.monotonic() - begin
            ours.wait_whole()
            rows.append({'pg_basebackup (s)': raw, 'add-unit until it streams (s)': took})
            standby = next(unit for unit in ours.cluster.rows() if unit != ours.primary())
            ours.solo.do('remove-unit', standby, '--no-prompt', '--destroy-storage')
            ours.cluster.wait_whole(1)
    more = [one['add-unit until it streams (s)'] - one['pg_basebackup (s)'] for one in rows]
    return {'bytes': size, 'longer by (s), median': statistics.median(more), 'runs': rows}


def _copied(ours: product.Product) -> float:
    """Copy the primary once by hand, over the network and TLS, as a standby does."""
    wanted = _hosts(ours.conninfo)
    home = ours.cluster.homes()[ours.primary()]
    settings = json.loads((home / 'conf' / 'patroni.yml').read_text())
    user = settings['postgresql']['authentication']['replication']
    machine = ours.cluster.inside(ours.cluster.machine(ours.primary()))
    with tempfile.TemporaryDirectory(dir='/var/tmp') as name:
        where = f'host={wanted["host"]} user={user["username"]} sslmode=require'
        words = ('--checkpoint=fast', '--wal-method=stream', f'--pgdata={name}/data', '-d', where)
        begin = time.monotonic()
        subprocess.run(
            [*machine, nodes.BIN / 'pg_basebackup', *words],
            env={'PATH': os.defpath, 'PGPASSWORD': user['password']},
            check=True,
        )
        return time.monotonic() - begin


def _streams(ours: product.Product) -> bool:
    return any(
        server.is_streaming for server in ours.cluster.servers().values() if not server.is_primary
    )


def alarms(minutes: int) -> dict[str, Any]:
    """Return what changed in a loaded cluster whose units all live; nothing should."""
    with product.cluster() as ours:
        primary, (timeline,) = ours.primary(), set(_timelines(ours))
        pgbench(ours.conninfo, '-i', '-q', '-s', '10')
        begin, elections, loads = time.monotonic(), 0, list[float]()
        with _hogs(ours, 60 * minutes):
            for turn in itertools.count():
                left = begin + 60 * minutes - time.monotonic()
                if left <= 0:
                    break
                time.sleep(min(_ELECTION, left))
                loads.append(os.getloadavg()[0])
                elections += _elect(ours, is_kill=turn % 2 == 1)
        ours.wait_whole()
        return {
            'minutes': minutes,
            'failovers': max(_timelines(ours)) - timeline,
            'is the same unit the primary': ours.primary() == primary,
            'elections of etcd': elections,
            'load average, median': statistics.median(loads),
            'load average, greatest': max(loads),
        }


def _timelines(ours: product.Product) -> list[int]:
    return [server.timeline for server in ours.cluster.servers().values()]


@contextlib.contextmanager
def _hogs(ours: product.Product, seconds: int) -> Generator[None, None, None]:
    """Let pgbench run, two busy loops on each core, and one who syncs all he writes."""
    wanted = _hosts(ours.conninfo)
    password = wanted.pop('password')
    where = ' '.join(f'{name}={value}' for name, value in wanted.items())
    folder = ours.solo.data
    disk = f'while :; do dd if=/dev/zero of={folder}/hog bs=1M count=64 oflag=dsync; done'
    commands: list[list[str]] = [
        [str(nodes.BIN / 'pgbench'), '-n', *_CLIENTS, '-T', str(seconds), where],
        ['sh', '-c', disk],
        *([sys.executable, '-c', 'while True: pass'] for _ in range(2 * (os.cpu_count() or 1))),
    ]
    running = [
        subprocess.Popen(
            command,
            env={**os.environ, 'PGPASSWORD': password},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        for command in commands
    ]
    try:
        yield
    finally:
        for process in running:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, 9)
            process.wait()


def _elect(ours: product.Product, *, is_kill: bool) -> int:
    """Let etcd's leader give way to another voter, or kill it; return 1 if there was one."""
    found = ours.cluster.etcd_leader()
    if found is None:
        return 0
    if is_kill:
        ours.cluster.kill_process(found, '/etcd ')
    else:
        ours.cluster.move_etcd_leader(found)
    return 1


PARTS = {'deploy': (deploy, 3), 'join': (join, 3), 'tps': (tps, 5), 'alarms': (alarms, 20)}


def main() -> None:
    """Measure, and keep the other parts' figures."""
    file = _BENCH / 'figures' / 'ha-steady.json'
    figures: dict[str, Any] = json.loads(file.read_text()) if file.exists() else {}
    number = next((int(word) for word in sys.argv[1:] if word.isdigit()), None)
    for name in [word for word in sys.argv[1:] if word in PARTS] or list(PARTS):
        part, usual = PARTS[name]
        figures[name] = part(number or usual)
        measure.report('ha-steady', figures)


if __name__ == '__main__':
    main()
