"""What goes wrong, and what it costs: the longest gap between two acknowledged commits.

The same writer and the same events for plain Patroni, pg_auto_failover and our product (three
units, and two with a witness), each node a network namespace. The first two are measured once
per version and kept in bench/figures.

Usage: python bench/ha/events.py plain|autofailover|product|witness [RUNS] [EVENT...]
"""

from __future__ import annotations

import contextlib
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Generator, Sequence
from pathlib import Path
from typing import Any, Protocol

_BENCH = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(_BENCH), str(_BENCH.parent / 'tests')]

import measure  # noqa: E402
import psycopg  # noqa: E402
import writers  # noqa: E402
from waiting import wait_for  # noqa: E402

_LONGEST = 300.0


class System(Protocol):
    """A cluster that somebody set up, and how it is hurt."""

    @property
    def conninfo(self) -> str:
        """Of all nodes, for whoever wants to write."""
        ...

    def versions(self) -> dict[str, str]:
        """Return what was measured."""
        ...

    def primary(self) -> str:
        """Return the name of the primary's node."""
        ...

    def wait_whole(self) -> None:
        """Wait until every node is there and replicates."""
        ...

    def switchover(self) -> None:
        """Make another node the primary, as an operator would."""
        ...

    def kill_postmaster(self) -> None:
        """Kill PostgreSQL's first process of the primary, and it only."""
        ...

    def power(self, node: str, what: str) -> None:
        """Switch a node: ``kill``, ``start``, ``freeze``, ``thaw``, ``cut``, ``heal``."""
        ...

    def stages(self, begin: float, end: float) -> dict[str, float]:
        """Return when each stage of a failover was reached, in seconds after *begin*."""
        ...

    def stop_receiving(self) -> None:
        """Let the standbys fall behind."""
        ...

    def forget_received(self) -> None:
        """End the receivers with what they have not read."""
        ...


def _powered(down: str, up: str) -> Callable[[System], Callable[[], None]]:
    def event(system: System) -> Callable[[], None]:
        node = system.primary()
        system.power(node, down)
        return lambda: system.power(node, up)

    return event


def _switchover(system: System) -> Callable[[], None]:
    system.switchover()
    return lambda: None


def _postmaster(system: System) -> Callable[[], None]:
    system.kill_postmaster()
    return lambda: None


def _lagging(system: System) -> Callable[[], None]:
    """Kill the primary's node when its standbys have received nothing for a second."""
    node = system.primary()
    system.stop_receiving()
    time.sleep(1.0)
    system.power(node, 'kill')
    system.forget_received()
    return lambda: system.power(node, 'start')


EVENTS: dict[str, Callable[[System], Callable[[], None]]] = {
    'switchover': _switchover,
    'postmaster killed': _postmaster,
    'node killed': _powered('kill', 'start'),
    'node frozen': _powered('freeze', 'thaw'),
    'node cut off': _powered('cut', 'heal'),
    'node killed, standbys lag 1 s': _lagging,
}


def measured(system: System, name: str) -> dict[str, Any]:
    """Let one event happen to a whole cluster, and return what it cost."""
    system.wait_whole()
    with tempfile.TemporaryDirectory() as folder:
        label = f'{name} {time.time():.0f}'.replace(' ', '-').replace(',', '')
        with writers.writing(system.conninfo, label, Path(folder)) as writer:
            wait_for(lambda: len(writer.acknowledged()) > 100)
            begin, clock = time.monotonic(), time.time()
            mend = EVENTS[name](system)
            after = time.monotonic() + 1.0
            wait_for(lambda: any(one.sent > after for one in writer.acknowledged()), _LONGEST)
            time.sleep(3.0)
            end = time.monotonic()
            stages = system.stages(clock, clock + end - begin)
            mend()
            system.wait_whole()
            back = time.monotonic() - end
            time.sleep(1.0)
        acknowledged = writer.acknowledged()
    gap = writers.longest_gap(acknowledged, begin - 1.0, end)
    return {
        'gap (s)': round(gap.seconds, 3),
        'from the event to its begin (s)': round(gap.begin - begin, 3),
        'whole again after (s)': round(back, 1),
        'stages (s)': stages,
        'acknowledged': len(acknowledged),
        'lost': len(writers.missing(acknowledged, writers.rows(system.conninfo))),
        'two at once': len(writers.together(acknowledged)),
    }


def _cluster(name: str) -> contextlib.AbstractContextManager[System]:
    if name == 'plain':
        import plain_patroni as made
    elif name == 'autofailover':
        import auto_failover as made
    elif name == 'product':
        import product as made
    elif name == 'witness':
        return _two_and_a_witness()
    else:
        raise SystemExit(f'unknown system "{name}"; see the first lines of this file')
    return made.cluster()


@contextlib.contextmanager
def _two_and_a_witness() -> Generator[System, None, None]:
    import product

    with product.cluster(2) as system:
        system.cluster.add_witness()
        yield system


def main(name: str, runs: int, events: Sequence[str]) -> None:
    """Measure, and write what was found after each run: a long bench may be cut short."""
    file = _BENCH / 'figures' / f'ha-{name}.json'
    kept: dict[str, Any] = json.loads(file.read_text()) if file.exists() else {}
    found: dict[str, list[dict[str, Any]]] = kept.get('events', {})
    begin = time.monotonic()
    with _cluster(name) as system:
        ready = time.monotonic() - begin
        with psycopg.connect(system.conninfo, autocommit=True) as connection:
            connection.execute(writers.TABLE)
        for event in events or EVENTS:
            found[event] = []
            for _ in range(runs):
                found[event].append(measured(system, event))
                gaps = [one['gap (s)'] for one in found[event]]
                measure.report(
                    f'ha-{name}',
                    {
                        'versions': system.versions(),
                        'from nothing to whole (s)': round(ready, 1),
                        'median gap (s)': {
                            event: statistics.median(one['gap (s)'] for one in rows)
                            for event, rows in found.items()
                            if rows
                        },
                        'events': found,
                    },
                )
                print(f'{event}: {gaps}', flush=True)


if __name__ == '__main__':
    main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 3, sys.argv[3:])
