"""A PostgreSQL application of ours on machines with power: how to hurt it, and how it is.

Needs root: machines of the provider ``namespace``. Everything is done through the command line;
what a unit says of itself is asked over the network, as a client would.
"""

from __future__ import annotations

import base64
import concurrent.futures
import contextlib
import dataclasses
import json
import os
import signal
import sqlite3
import ssl
import urllib.request
from collections.abc import Generator, Mapping
from pathlib import Path
from typing import Any

import chaos_steps
import own
import psycopg
import waiting

APPLICATION = 'pg'
CLIENT = 'app'


@dataclasses.dataclass(frozen=True)
class Server:
    """What a unit's PostgreSQL says; a unit that doesn't answer has none."""

    is_primary: bool
    timeline: int
    lag_bytes: int
    """How much it received and has not replayed yet; 0 for a primary."""

    is_streaming: bool
    """Whether it receives the write-ahead log now; true for a primary."""


@dataclasses.dataclass(frozen=True)
class Etcd:
    """What a member of etcd says of its cluster."""

    cluster: str
    voters: frozenset[str]


class Cluster:
    """The application ``pg`` and a client of it, alone in a model.

    Args:
        solo: A data directory of its own.
    """

    def __init__(self, solo: own.Own) -> None:
        self.solo = solo
        self._password = ''
        self._database = 'postgres'
        self._has_witness = False

    def deploy(self, units: int, **options: str) -> None:
        """Deploy *units* units and a client, and wait until all is well."""
        self.solo.do('add-model', 'chaos', '--config', 'provider=namespace')
        settings = {
            'profile': 'testing',
            'admin-addresses': '0.0.0.0/0',
            **{name.replace('_', '-'): value for name, value in options.items()},
        }
        flags = [f'--config={name}={value}' for name, value in settings.items()]
        self.solo.do('deploy', 'postgresql', APPLICATION, '-n', str(units), *flags)
        self.solo.do('deploy', 'pgsql-client', CLIENT)
        self.solo.do('integrate', f'{CLIENT}:db', f'{APPLICATION}:db')
        self.wait_whole(units)

    def add_witness(self) -> None:
        """Let a witness vote beside two units, and wait until it does."""
        self.solo.do('deploy', 'postgresql-witness', 'witness')
        self.solo.do('integrate', 'witness', APPLICATION)
        self._has_witness = True
        self.wait_whole()

    def remove_witness(self) -> None:
        """Take the witness away, if there is one, and wait until its vote is given back."""
        if not self._has_witness:
            return
        self.solo.do('remove-application', 'witness', '--no-prompt')
        self._has_witness = False
        self.wait_whole()

    def rows(self) -> dict[str, Any]:
        """Return the units' part of the status, by name."""
        return self.solo.status()['applications'].get(APPLICATION, {}).get('units') or {}

    def addresses(self) -> dict[str, str]:
        """Return the address of each unit that has one."""
        return {
            name: row['public-address']
            for name, row in self.rows().items()
            if row.get('public-address')
        }

    def machine(self, unit: str) -> str:
        """Return the number of the unit's machine."""
        return str(self.rows()[unit]['machine'])

    def power(self, unit: str, what: str) -> None:
        """Switch the unit's machine: ``kill``, ``start``, ``freeze``, ``cut``, ..."""
        self.solo.do('machine', what, self.machine(unit))

    def inside(self, machine: str) -> tuple[str, ...]:
        """Return the command that leads into a machine's network, and into nothing else of it.

        What runs there is not stopped with the machine.
        """
        (boot,) = self.solo.data.glob(f'machines/*/{machine}/boot.json')
        return ('nsenter', f'--net=/proc/{json.loads(boot.read_text())["pid"]}/ns/net', '--')

    def conninfo(self, *units: str) -> str:
        """Return how the operator user writes, over these units or all of them."""
        if not self._password:
            name = next(iter(self.addresses()))
            answer = json.loads(self.solo.do('run', name, 'get-connection', '--format', 'json'))
            self._password = answer[name]['results']['uri'].split('//')[1].split('@')[0]
        user, _, password = self._password.partition(':')
        addresses = self.addresses()
        hosts = [addresses[unit] for unit in units or addresses]
        return (
            f'host={",".join(hosts)} user={user} password={password} dbname={self._database} '
            'sslmode=require connect_timeout=2 target_session_attrs=read-write'
        )

    def servers(self) -> dict[str, Server]:
        """Ask all units at once what they are; those that don't answer are left out."""
        units = list(self.addresses())
        with concurrent.futures.ThreadPoolExecutor(len(units) or 1) as pool:
            asked = zip(units, pool.map(self._server, units), strict=True)
            return {unit: server for unit, server in asked if server is not None}

    def primary(self) -> str:
        """Wait for the one unit that takes writes, and return its name."""

        def only() -> str | None:
            names = [name for name, server in self.servers().items() if server.is_primary]
            return names[0] if len(names) == 1 else None

        return waiting.wait_for(only, 120, every=0.5)

    def ask(self, unit: str, sql: str) -> list[tuple[Any, ...]]:
        """Run one statement on one unit, whatever its role."""
        conninfo = self.conninfo(unit).replace('read-write', 'any')
        options = '-c statement_timeout=5000'
        with psycopg.connect(conninfo, autocommit=True, options=options) as connection:
            return connection.execute(sql.encode()).fetchall()

    def bags(self) -> dict[str, Mapping[str, str]]:
        """Return what each unit tells the client."""
        shown = json.loads(self.solo.do('show-unit', f'{CLIENT}/0', '--format', 'json'))
        for relation in shown[f'{CLIENT}/0'].get('relation-info', []):
            if relation['endpoint'] == 'db':
                return {
                    unit: row.get('data', {})
                    for unit, row in relation.get('related-units', {}).items()
                }
        return {}

    def etcds(self) -> dict[str, Etcd]:
        """Return what each answering etcd says of its cluster, by its address."""
        found: dict[str, Etcd] = {}
        for home in self.homes().values():
            with contextlib.suppress(OSError, ValueError):
                for host in _settings(home)['etcd3']['hosts']:
                    with contextlib.suppress(OSError):
                        record = _ask(home, f'https://{host}/v3/cluster/member/list', {})
                        voters = [
                            one['ID'] for one in record['members'] if not one.get('isLearner')
                        ]
                        found[host] = Etcd(record['header']['cluster_id'], frozenset(voters))
        return found

    def etcd_leader(self) -> str | None:
        """Return the unit whose etcd is the leader; None during an election."""
        for unit, status in self._etcd_statuses().items():
            if status.get('leader') == status['header']['member_id']:
                return unit
        return None

    def move_etcd_leader(self, leader: str) -> None:
        """Let the etcd of the unit *leader* give way to another one.

        Source: etcd, ``api/etcdserverpb/rpc.proto`` (``MoveLeader``).
        """
        members = {
            unit: status['header']['member_id'] for unit, status in self._etcd_statuses().items()
        }
        target = next(member for unit, member in members.items() if unit != leader)
        home = self.homes()[leader]
        url = f'https://{_settings(home)["etcd3"]["hosts"][0]}/v3/maintenance/transfer-leadership'
        _ask(home, url, {'targetID': target})

    def _etcd_statuses(self) -> dict[str, dict[str, Any]]:
        """Return what each unit's own etcd says of itself, if it answers."""
        found: dict[str, dict[str, Any]] = {}
        for unit, home in self.homes().items():
            with contextlib.suppress(OSError, ValueError):
                # A unit's own member comes first.
                host = _settings(home)['etcd3']['hosts'][0]
                found[unit] = _ask(home, f'https://{host}/v3/maintenance/status', {})
        return found

    def homes(self) -> dict[str, Path]:
        """Return the folder of each unit's storage."""
        with contextlib.closing(
            sqlite3.connect(f'file:{self.solo.data}/solo.db?mode=ro', uri=True)
        ) as database:
            rows = database.execute(
                'SELECT application.name || "/" || unit.number, storage.folder FROM storage '
                'JOIN unit ON unit.id = storage.unit '
                'JOIN application ON application.id = unit.application '
                'WHERE application.name = ?',
                (APPLICATION,),
            ).fetchall()
        return {name: Path(folder) for name, folder in rows if folder}

    def histories(self) -> dict[str, tuple[str, ...]]:
        """Return the history of each answering unit's timeline: its switches, oldest first."""
        homes = self.homes()
        found: dict[str, tuple[str, ...]] = {}
        for unit, server in self.servers().items():
            wal = homes[unit] / 'postgresql' / 'data' / 'pg_wal'
            file = wal / f'{server.timeline:08X}.history'
            lines = file.read_text().splitlines() if server.timeline > 1 else []
            switches = [' '.join(line.split()[:2]) for line in lines if line[:1].isdigit()]
            found[unit] = tuple(switches)
        return found

    def logs(self, lines: int = 60) -> str:
        """Return the ends of what each unit's daemons wrote: for whoever looks for a cause."""
        shown: list[str] = []
        for unit, home in sorted(self.homes().items()):
            for file in sorted(home.glob('log/*.log')):
                last = file.read_text(errors='replace').splitlines()[-lines:]
                shown += [f'== {unit} {file.name}', *last]
        return '\n'.join(shown)

    def switchover(self) -> None:
        """Run the action on the primary, the fastest way; it ends when another unit is one."""
        unit = self.primary()
        said = self.solo.do('run', unit, 'switchover', '--wait', '120s', '--format', 'json')
        assert json.loads(said)[unit]['status'] == 'completed', said

    def processes(self, unit: str, named: str) -> list[int]:
        """Return the processes of the unit's machine whose command line contains *named*."""
        (boot,) = self.solo.data.glob(f'machines/*/{self.machine(unit)}/boot.json')
        inside = os.readlink(f'/proc/{json.loads(boot.read_text())["pid"]}/ns/pid')
        found: list[int] = []
        for entry in Path('/proc').iterdir():
            with contextlib.suppress(OSError):
                if entry.name.isdigit() and os.readlink(entry / 'ns/pid') == inside:
                    line = (entry / 'cmdline').read_bytes().replace(b'\0', b' ')
                    if named.encode() in line:
                        found.append(int(entry.name))
        return found

    def kill_process(self, unit: str, named: str) -> None:
        """Kill these processes: the services restart them."""
        _signal(self.processes(unit, named), signal.SIGKILL)

    @contextlib.contextmanager
    def lagging(self) -> Generator[None, None, None]:
        """Let all standbys fall behind during a block; what they haven't read then is lost."""
        receivers = [
            pid
            for unit, server in self.servers().items()
            if not server.is_primary
            for pid in self.processes(unit, 'walreceiver')
        ]
        _signal(receivers, signal.SIGSTOP)
        try:
            yield
        finally:
            _signal(receivers, signal.SIGTERM)
            _signal(receivers, signal.SIGCONT)

    def wait_whole(self, units: int | None = None, timeout: float = 600.0) -> None:
        """Wait until every unit is active and idle, and the standbys have all the primary has."""
        said: list[str] = []

        def is_whole() -> bool:
            said[:] = self.faults(units)
            return not said

        try:
            waiting.wait_for(is_whole, timeout, every=0.5)
        except AssertionError:
            raise AssertionError(
                f'not whole after {timeout:g} s: {"; ".join(said)}\n{self.solo.do("status")}'
            ) from None

    def faults(self, units: int | None = None) -> list[str]:
        """Return what keeps the cluster from being whole; empty when it is."""
        rows = self.rows()
        if units is not None and len(rows) != units:
            return [f'{len(rows)} units instead of {units}']
        found = [
            f'{name} is {row["workload-status"]["current"]}, {row["juju-status"]["current"]}'
            for name, row in rows.items()
            if row['workload-status']['current'] != 'active'
            or row['juju-status']['current'] != 'idle'
        ]
        if found:
            return found
        servers = self.servers()
        found += [f'{name} does not answer' for name in rows.keys() - servers.keys()]
        primaries = [name for name, server in servers.items() if server.is_primary]
        if len(primaries) != 1:
            found.append(f'primaries: {primaries}')
        if len({server.timeline for server in servers.values()}) > 1:
            found.append(f'timelines: {servers}')
        found += [f'{n} does not stream' for n, one in servers.items() if not one.is_streaming]
        etcds = set(self.etcds().values())
        wanted = chaos_steps.voters(3 if self._has_witness and len(rows) == 2 else len(rows))
        if len(etcds) != 1 or len(next(iter(etcds)).voters) != wanted:
            found.append(f'etcd: {etcds}')
        return found

    def _server(self, unit: str) -> Server | None:
        try:
            ((recovers, timeline, lag, streams),) = self.ask(
                unit,
                'SELECT pg_is_in_recovery(), coalesce('
                '(SELECT received_tli FROM pg_stat_wal_receiver), '
                'CASE WHEN pg_is_in_recovery() '
                'THEN (SELECT timeline_id FROM pg_control_checkpoint()) ELSE '
                "('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))::bit(32)::int END), "
                'coalesce(pg_last_wal_receive_lsn() - pg_last_wal_replay_lsn(), 0)::bigint, '
                "EXISTS (SELECT FROM pg_stat_wal_receiver WHERE status = 'streaming')",
            )
        except psycopg.Error:
            return None
        return Server(not recovers, timeline, max(0, lag), streams or not recovers)


def _signal(pids: list[int], number: signal.Signals) -> None:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)


def _settings(home: Path) -> dict[str, Any]:
    """Return a unit's settings of Patroni, which are JSON."""
    return json.loads((home / 'conf' / 'patroni.yml').read_text())


def _ask(home: Path, url: str, body: Mapping[str, str], timeout: float = 2.0) -> dict[str, Any]:
    """Ask etcd or Patroni with a unit's own certificate and password; what isn't JSON is empty."""
    conf = home / 'conf'
    context = ssl.create_default_context(cafile=str(conf / 'ca.pem'))
    context.load_cert_chain(conf / 'unit.pem', conf / 'unit-key.pem')
    user = _settings(home)['restapi']['authentication']
    token = base64.b64encode(f'{user["username"]}:{user["password"]}'.encode()).decode()
    request = urllib.request.Request(
        url, json.dumps(body).encode(), {'Authorization': f'Basic {token}'}
    )
    answer = urllib.request.urlopen(request, timeout=timeout, context=context).read()
    return json.loads(answer) if answer.startswith(b'{') else {}
