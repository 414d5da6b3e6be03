"""A monitor and two nodes of pg_auto_failover with its defaults, set up by hand."""

from __future__ import annotations

import contextlib
import json
import os
import signal
from collections.abc import Generator
from typing import Any

import nodes
import psycopg
import timeline
from waiting import wait_for


class AutoFailover:
    """A monitor and two nodes: synchronous, as it is by default."""

    def __init__(self, machines: list[nodes.Node]) -> None:
        monitor, *others = machines
        self._monitor = (
            f'host={monitor.address} port=6000 user=autoctl_node dbname=pg_auto_failover'
        )
        self._ports = {node.name: 6000 + number for number, node in enumerate(others, 1)}
        self._nodes = {node.name: node for node in others}
        hosts = ','.join(node.address for node in others)
        ports = ','.join(str(self._ports[node.name]) for node in others)
        self.conninfo = (
            f'host={hosts} port={ports} user=postgres dbname=postgres '
            'target_session_attrs=read-write'
        )
        monitor.start(
            *('pg_autoctl', 'create', 'monitor', '--auth', 'trust', '--ssl-self-signed'),
            *('--hostname', monitor.address, '--pgport', '6000', '--run'),
            env={'PGDATA': f'{monitor.folder}/data'},
        )
        wait_for(lambda: self._states() == {}, 120, catch=(psycopg.Error,))
        for number, node in enumerate(others, 1):
            uri = (
                f'postgres://autoctl_node@{monitor.address}:6000/pg_auto_failover?sslmode=require'
            )
            node.start(
                *('pg_autoctl', 'create', 'postgres', '--auth', 'trust', '--ssl-self-signed'),
                *('--pg-hba-lan', '--hostname', node.address, '--name', node.name),
                *('--pgport', str(self._ports[node.name]), '--monitor', uri, '--run'),
                env={'PGDATA': f'{node.folder}/data'},
            )
            wait_for(lambda number=number: len(self._states()) == number, 120)
        self.wait_whole()

    def versions(self) -> dict[str, str]:
        """Return what was measured."""
        return {
            'pg_auto_failover': nodes.run('pg_autoctl', '--version').split()[2],
            'postgresql': nodes.run(str(nodes.BIN / 'postgres'), '--version').split()[2],
        }

    def primary(self) -> str:
        """Return the name of the primary's node."""
        return next(name for name, state in self._states().items() if state == 'primary')

    def wait_whole(self) -> None:
        """Wait until one is the primary and the other its synchronous standby."""
        wait_for(
            lambda: sorted(self._states().values()) == ['primary', 'secondary'],
            300,
            every=0.5,
            catch=(psycopg.Error,),
        )

    def switchover(self) -> None:
        """Ask the monitor for it, as ``pg_autoctl perform switchover`` does, and wait."""
        before = self.primary()
        with psycopg.connect(self._monitor, autocommit=True) as connection:
            connection.execute("SELECT pgautofailover.perform_failover('default', 0)")
        wait_for(lambda: self._states().get(before) == 'secondary', 120, catch=(psycopg.Error,))

    def kill_postmaster(self) -> None:
        """Kill PostgreSQL's first process of the primary, and it only."""
        node = self._nodes[self.primary()]
        os.kill(int((node.folder / 'data/postmaster.pid').read_text().split()[0]), signal.SIGKILL)

    def power(self, node: str, what: str) -> None:
        """Switch a node: ``kill``, ``start``, ``freeze``, ``thaw``, ``cut``, ``heal``."""
        machine = self._nodes[node]
        if what == 'start':
            machine.heal()
            (machine.folder / 'data/postmaster.pid').unlink(missing_ok=True)
            machine.start('pg_autoctl', 'run', env={'PGDATA': f'{machine.folder}/data'})
        elif what in ('freeze', 'thaw'):
            machine.signal(signal.SIGSTOP if what == 'freeze' else signal.SIGCONT)
        else:
            {'kill': machine.kill, 'cut': machine.cut, 'heal': machine.heal}[what]()

    def stages(self, begin: float, end: float) -> dict[str, float]:
        """Return when each stage of a failover was reached, in seconds after *begin*."""
        return timeline.stages((node.folder / 'log' for node in self._nodes.values()), begin, end)

    def stop_receiving(self) -> None:
        """Let the standby fall behind."""
        for node in self._nodes.values():
            node.signal(signal.SIGSTOP, 'walreceiver')

    def forget_received(self) -> None:
        """End the receiver with what it has not read."""
        for node in self._nodes.values():
            node.signal(signal.SIGTERM, 'walreceiver')
            node.signal(signal.SIGCONT, 'walreceiver')

    def _states(self) -> dict[str, str]:
        """Return the reported state of each node; one that is changing has another goal."""
        with psycopg.connect(self._monitor, connect_timeout=2) as connection:
            rows: list[Any] = connection.execute(
                'SELECT nodename, reportedstate::text, goalstate::text FROM pgautofailover.node'
            ).fetchall()
        return {
            name: reported if reported == goal else json.dumps([reported, goal])
            for name, reported, goal in rows
        }


@contextlib.contextmanager
def cluster() -> Generator[AutoFailover, None, None]:
    """Give a monitor and two nodes."""
    with nodes.nodes(3) as machines:
        yield AutoFailover(machines)
