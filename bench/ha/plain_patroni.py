"""Three nodes of plain Patroni with its defaults, each with its own etcd, set up by hand."""

from __future__ import annotations

import contextlib
import importlib.metadata
import json
import os
import signal
import sys
import urllib.request
from collections.abc import Generator
from typing import Any

import nodes
import timeline
from waiting import wait_for

_CONFIG = """\
scope: by-hand
name: {name}
restapi: {{listen: '{address}:8008', connect_address: '{address}:8008'}}
etcd3: {{hosts: [{hosts}]}}
bootstrap:
  dcs:
    ttl: 30
    loop_wait: 10
    retry_timeout: 10
    maximum_lag_on_failover: 1048576
    postgresql: {{use_pg_rewind: true, use_slots: true}}
  initdb: [{{encoding: UTF8}}, data-checksums, {{locale: C.UTF-8}}]
postgresql:
  listen: '{address}:5432'
  connect_address: '{address}:5432'
  bin_dir: '{bin}'
  data_dir: '{folder}/data'
  pgpass: '{folder}/pgpass'
  pg_hba:
  - local all all trust
  - host all all 0.0.0.0/0 trust
  - host replication all 0.0.0.0/0 trust
  parameters: {{unix_socket_directories: '{folder}'}}
  authentication:
    superuser: {{username: postgres, password: by-hand}}
    replication: {{username: replicator, password: by-hand}}
"""


class PlainPatroni:
    """Three nodes in Patroni's own sample settings: asynchronous, 30 s lease."""

    def __init__(self, machines: list[nodes.Node]) -> None:
        self._nodes = {node.name: node for node in machines}
        self.folder = machines[0].folder.parent
        hosts = ','.join(node.address for node in machines)
        self.conninfo = (
            f'host={hosts} user=postgres dbname=postgres target_session_attrs=read-write'
        )
        quoted = ', '.join(f"'{node.address}:2379'" for node in machines)
        for node in machines:
            (node.folder / 'patroni.yml').write_text(
                _CONFIG.format(
                    name=node.name,
                    address=node.address,
                    hosts=quoted,
                    bin=nodes.BIN,
                    folder=node.folder,
                )
            )
        for node in machines:
            self._start(node)
        self.wait_whole()

    def versions(self) -> dict[str, str]:
        """Return what was measured."""
        return {
            'patroni': importlib.metadata.version('patroni'),
            'etcd': nodes.run('etcd', '--version').split()[2],
            'postgresql': nodes.run(str(nodes.BIN / 'postgres'), '--version').split()[2],
        }

    def primary(self) -> str:
        """Return the name of the primary's node."""
        return next(m['name'] for m in self._members() if m['role'] == 'leader')

    def wait_whole(self) -> None:
        """Wait until all three are there and stream."""

        def is_whole() -> bool:
            members = self._members()
            return sorted(member['state'] for member in members) == [
                'running',
                'streaming',
                'streaming',
            ] and all(member.get('lag', 0) == 0 for member in members)

        wait_for(is_whole, 300, every=0.5, catch=(OSError,))

    def switchover(self) -> None:
        """Ask for a switchover to anybody, as ``patronictl`` does."""
        primary = self._nodes[self.primary()]
        where = f'http://{primary.address}:8008/switchover'
        self._tell(where, {'leader': primary.name}, 'POST')

    def configure(self, changed: dict[str, Any]) -> None:
        """Change the dynamic configuration, and restart every server with it."""
        address = self._nodes[self.primary()].address
        self._tell(f'http://{address}:8008/config', changed, 'PATCH')
        for node in self._nodes.values():
            where = f'http://{node.address}:8008'
            wait_for(
                lambda where=where: (
                    'pending_restart'
                    in json.load(urllib.request.urlopen(f'{where}/patroni', timeout=5))
                ),
                60,
                catch=(OSError,),
            )
            self._tell(f'{where}/restart', {}, 'POST')
        self.wait_whole()

    def _tell(self, url: str, body: dict[str, Any], method: str) -> None:
        request = urllib.request.Request(url, json.dumps(body).encode(), method=method)
        urllib.request.urlopen(request, timeout=60).read()

    def kill_postmaster(self) -> None:
        """Kill PostgreSQL's first process of the primary, and it only."""
        os.kill(self._postmaster(self.primary()), signal.SIGKILL)

    def power(self, node: str, what: str) -> None:
        """Switch a node: ``kill``, ``start``, ``freeze``, ``thaw``, ``cut``, ``heal``."""
        machine = self._nodes[node]
        if what == 'start':
            machine.heal()
            self._start(machine)
        elif what in ('freeze', 'thaw'):
            machine.signal(signal.SIGSTOP if what == 'freeze' else signal.SIGCONT)
        else:
            {'kill': machine.kill, 'cut': machine.cut, 'heal': machine.heal}[what]()

    def stages(self, begin: float, end: float) -> dict[str, float]:
        """Return when each stage of a failover was reached, in seconds after *begin*."""
        return timeline.stages((node.folder / 'log' for node in self._nodes.values()), begin, end)

    def stop_receiving(self) -> None:
        """Let the standbys fall behind."""
        for node in self._nodes.values():
            node.signal(signal.SIGSTOP, 'walreceiver')

    def forget_received(self) -> None:
        """End the receivers with what they have not read."""
        for node in self._nodes.values():
            node.signal(signal.SIGTERM, 'walreceiver')
            node.signal(signal.SIGCONT, 'walreceiver')

    def _postmaster(self, node: str) -> int:
        return int((self._nodes[node].folder / 'data/postmaster.pid').read_text().split()[0])

    def _members(self) -> list[dict[str, Any]]:
        for node in self._nodes.values():
            with contextlib.suppress(OSError, StopIteration):
                answer = urllib.request.urlopen(f'http://{node.address}:8008/cluster', timeout=2)
                members = json.load(answer)['members']
                if any(member['role'] == 'leader' for member in members):
                    return members
        raise OSError('no Patroni knows a leader')

    def _start(self, node: nodes.Node) -> None:
        client, peer = f'http://{node.address}:2379', f'http://{node.address}:2380'
        cluster = ','.join(f'{one.name}=http://{one.address}:2380' for one in self._nodes.values())
        node.start(
            'etcd',
            f'--name={node.name}',
            f'--data-dir={node.folder}/etcd',
            f'--listen-client-urls={client}',
            f'--advertise-client-urls={client}',
            f'--listen-peer-urls={peer}',
            f'--initial-advertise-peer-urls={peer}',
            f'--initial-cluster={cluster}',
        )
        # As systemd would: Patroni exits when etcd is too young.
        node.start(
            'sh',
            '-c',
            f'while :; do {sys.executable} -m patroni {node.folder}/patroni.yml; sleep 1; done',
        )


@contextlib.contextmanager
def cluster() -> Generator[PlainPatroni, None, None]:
    """Give a cluster of three."""
    with nodes.nodes(3) as machines:
        yield PlainPatroni(machines)
