"""Many client applications on three units of ours: how long they take to settle, and a failover.

The clients have no hooks, so all that is measured is the database's side. Needs root: machines
with power.

Usage: python bench/clients.py [CLIENTS ...]   (by default 10 30 100)
"""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

_BENCH = Path(__file__).resolve().parent
sys.path[:0] = [str(_BENCH / 'ha'), str(_BENCH.parent / 'tests')]

import bag_recorder  # noqa: E402
import clusters  # noqa: E402
import measure  # noqa: E402
import product  # noqa: E402
import psycopg  # noqa: E402
import timeline  # noqa: E402
import waiting  # noqa: E402

_CHARM = _BENCH / 'charms' / 'asker'
_LONGEST = 1800.0
_HOOK = 'JUJU_DISPATCH_PATH=hooks/{} ./dispatch'
_IDLE = 500


def main() -> None:
    """Grow to each number of clients, then change the master, twice."""
    counts = [int(word) for word in sys.argv[1:]] or [10, 30, 100]
    figures: dict[str, Any] = {}
    with product.cluster(3, max_connections=str(_IDLE + 100)) as made:
        cluster = made.cluster
        figures['0 clients'] = _hooks(cluster)
        print(time.strftime('%X'), flush=True)
        there = 0
        for count in counts:
            seconds = _grow(cluster, there, count)
            figures[f'{count} clients'] = {
                'load': os.getloadavg()[0],
                'settled after (s)': seconds,
                'the same for each one that came (s)': seconds / (count - there),
                **_hooks(cluster),
            }
            there = count
            print(time.strftime('%X'), json.dumps(figures[f'{count} clients']), flush=True)
        figures['switchover'] = _change(cluster, there, cluster.switchover)
        figures['failover'] = _change(cluster, there, lambda: _lose(cluster))
        figures[f'{_IDLE} idle connections'] = _crowd(cluster)
    measure.report('clients', figures)


def _grow(cluster: clusters.Cluster, there: int, count: int) -> float:
    """Add clients until there are *count*, and return the seconds until all may connect."""
    names = [f'c{number}' for number in range(there, count)]
    machine = cluster.solo.unit(f'{clusters.CLIENT}/0')['machine']
    for name in names:  # on one machine: machines of their own are no matter of the database
        cluster.solo.do('deploy', str(_CHARM), name, '--to', str(machine))
    cluster.solo.wait_idle(f'{names[-1]}/0')
    begin = time.monotonic()
    for name in names:
        cluster.solo.do('integrate', f'{name}:db', f'{clusters.APPLICATION}:db')

    def are_served() -> bool:
        return all(
            len(bags) == count and all(bag.get('allowed-units') for bag in bags.values())
            for bags in _bags(cluster).values()
        )

    waiting.wait_for(are_served, timeout=_LONGEST, every=0.5)
    seconds = time.monotonic() - begin
    waiting.wait_for(lambda: not cluster.faults(), timeout=_LONGEST, every=1.0)
    return seconds


def _bags(cluster: clusters.Cluster) -> dict[str, dict[int, Mapping[str, str]]]:
    """Return what each unit tells each of these clients, by unit and relation."""
    query = (
        'SELECT owner.relation, owner.unit_name, owner.bag FROM relation_unit AS owner '
        'JOIN relation_unit AS client ON client.relation = owner.relation '
        'WHERE owner.unit_name LIKE ? AND client.unit_name GLOB ?'
    )
    found: dict[str, dict[int, Mapping[str, str]]] = {unit: {} for unit in cluster.rows()}
    with contextlib.closing(
        sqlite3.connect(f'file:{cluster.solo.data}/solo.db?mode=ro', uri=True)
    ) as database:
        for relation, unit, bag in database.execute(
            query, (f'{clusters.APPLICATION}/%', 'c[0-9]*')
        ):
            found[unit][relation] = json.loads(bag)
    return found


def _hooks(cluster: clusters.Cluster) -> dict[str, float]:
    """Return how long hooks of the primary take: one that is about nothing, one that looks."""
    unit = cluster.primary()
    return {
        f'a hook {hook} (s)': measure.median(
            lambda hook=hook: cluster.solo.do('exec', '--unit', unit, _HOOK.format(hook)), 3
        )
        for hook in ('cluster-changed', 'update-status')
    }


def _change(cluster: clusters.Cluster, clients: int, cause: Callable[[], Any]) -> dict[str, float]:
    """Change the master, and return when clients were told, from when the new one took writes."""
    before, load, begin = cluster.primary(), os.getloadavg()[0], time.time()
    cause()

    def told() -> str | None:
        bags = _bags(cluster)
        for unit, mine in bags.items():
            if unit != before and [bag['state'] for bag in mine.values()] == ['master'] * clients:
                others = [bags[other] for other in cluster.servers() if other != unit]
                if all(
                    _follows(bag, mine[client]) for own in others for client, bag in own.items()
                ):
                    return unit
        return None

    after = waiting.wait_for(told, timeout=_LONGEST, every=0.2)
    logs = cluster.homes()[after].glob('log/*.log')
    stages = timeline.stages(logs, begin, time.time())
    recorded = [
        version
        for version in bag_recorder.versions(cluster.solo.data, clusters.APPLICATION)
        if version.time > begin
    ]
    writes = stages['PostgreSQL accepts writes']
    master: dict[int, float] = {}
    for version in recorded:
        if version.unit == after and version.bag.get('state') == 'master':
            master.setdefault(version.relation, version.time)
    if not cluster.servers().keys() >= {before}:
        cluster.power(before, 'start')
    waiting.wait_for(lambda: not cluster.faults(), timeout=_LONGEST, every=1.0)
    return {
        'load': load,
        'writes are taken after (s)': writes,
        "from then to the new master's first bag (s)": min(master.values()) - begin - writes,
        "from then to the new master's last bag (s)": max(master.values()) - begin - writes,
        'from then to the last bag of all that live (s)': recorded[-1].time - begin - writes,
    }


def _follows(bag: Mapping[str, str], master: Mapping[str, str]) -> bool:
    return bag['state'] == 'hot standby' and bag.get('master') == master['master']


def _lose(cluster: clusters.Cluster) -> None:
    unit = cluster.primary()
    cluster.power(unit, 'kill')


def _crowd(cluster: clusters.Cluster) -> dict[str, Any]:
    """Hold many idle connections to the primary, and return what they cost."""
    unit = cluster.primary()
    conninfo = cluster.conninfo(unit)

    def memory_mb() -> float:
        pids = cluster.processes(unit, 'postgres')
        return sum(_pss_kb(pid) for pid in pids) / 1024

    def asked() -> float:
        with psycopg.connect(conninfo) as connection:
            return measure.median(lambda: connection.execute('SELECT count(*) FROM pg_class'), 200)

    figures: dict[str, Any] = {
        'a query without them (ms)': asked() * 1000,
        'memory without them (MB)': memory_mb(),
    }
    with contextlib.ExitStack() as held:
        begin = time.monotonic()
        for _ in range(_IDLE):
            held.enter_context(psycopg.connect(conninfo))
        figures['to open them (s)'] = time.monotonic() - begin
        figures['a query beside them (ms)'] = asked() * 1000
        figures['memory with them (MB)'] = memory_mb()
        figures |= _hooks(cluster)
        figures['status'] = cluster.rows()[unit]['workload-status']['message']
    return figures


def _pss_kb(pid: int) -> int:
    with contextlib.suppress(OSError):
        for line in Path(f'/proc/{pid}/smaps_rollup').read_text().splitlines():
            if line.startswith('Pss:'):
                return int(line.split()[1])
    return 0


if __name__ == '__main__':
    main()
