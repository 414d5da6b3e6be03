"""The site of six lines: against one set up by hand, and through a failover of its database.

The page is asked with ``ab`` of the distribution's ``apache2-utils``. Needs root.

Usage: python bench/django_site.py [lines|page|failover] [RUNS]   (by default all, 3 runs)
"""

from __future__ import annotations

import json
import os
import re
import signal
import statistics
import sys
import tempfile
import time
from pathlib import Path
from types import FrameType
from typing import Any

_BENCH = Path(__file__).resolve().parent
sys.path[:0] = [str(_BENCH / 'ha'), str(_BENCH.parent / 'tests')]

import by_hand  # noqa: E402
import django_by_hand  # noqa: E402
import measure  # noqa: E402
import product  # noqa: E402
import psycopg  # noqa: E402
import visitors  # noqa: E402
import writers  # noqa: E402
from waiting import wait_for  # noqa: E402

SECONDS = 2
"""How long one round asks: short, so that a noisy neighbour disturbs all of a round."""

ROUNDS = 5
"""How many make a run."""

AT_ONCE = 6
PORT = 8089
LINES = (
    'deploy postgresql',
    f'deploy python-django --config site-port={PORT}',
    'deploy gunicorn',
    'add-relation python-django postgresql:db',
    'add-relation python-django gunicorn',
    'expose python-django',
)
EXPOSED = f'http://127.0.0.1:{PORT}/'
BY_HAND = f'http://{django_by_hand.ADDRESS}:{django_by_hand.PORT}/'


def lines(runs: int) -> dict[str, Any]:
    """Return how long it takes from the six lines to the first page, and by hand.

    Charms' environments are there, and the distribution's packages; Django is downloaded by both.
    """
    ours: list[float] = []
    hand: list[dict[str, float]] = []
    guarded: list[float] = []
    with measure.own_solo():
        for run in range(runs + 1):
            measure.solo('add-model', f'run{run}')
            begin = time.monotonic()
            for line in LINES:
                measure.solo(*line.split())
            wait_for_page()
            ours.append(time.monotonic() - begin)
            measure.solo('destroy-model', f'run{run}', '--no-prompt', '--destroy-storage')
            with django_by_hand.site() as steps:
                hand.append(steps)
            guarded.append(sum(steps.values()) - steps['PostgreSQL'] + by_hand.seconds())
    sums = [sum(steps.values()) for steps in hand[1:]]
    return {
        'the first run, which builds the environments (s)': ours[0],
        'six lines to the first page (s)': ours[1:],
        'by hand (s)': sums,
        'steps by hand (s)': hand[1:],
        'by hand, PostgreSQL with etcd and Patroni as in ours (s)': guarded[1:],
        'ratio of medians': statistics.median(ours[1:]) / statistics.median(sums),
        'ratio of medians, with etcd and Patroni': (
            statistics.median(ours[1:]) / statistics.median(guarded[1:])
        ),
    }


def wait_for_page() -> None:
    """Wait for the first page; where there is none, the status says why."""
    try:
        wait_for(lambda: django_by_hand.answers(EXPOSED), timeout=120, every=0.05)
    except AssertionError as error:
        raise SystemExit(f'{error}\n{measure.solo("status")}') from None


def asked(url: str) -> dict[str, float]:
    """Ask for the page for some seconds; a single wrong answer ends the bench."""
    limits = ('-t', str(SECONDS), '-n', '1000000', '-c', str(AT_ONCE))
    said = measure.run('ab', '-q', '-l', *limits, url)
    if any(map(int, re.findall(r'^(?:Failed|Non-2xx).*:\s+(\d+)', said, re.MULTILINE))):
        raise SystemExit(said)
    rate = re.search(r'^Requests per second:\s+([\d.]+)', said, re.MULTILINE)
    late = re.search(r'^\s+99%\s+(\d+)', said, re.MULTILINE)
    assert rate and late, said
    return {'requests/s': float(rate[1]), 'p99 (ms)': float(late[1])}


def page(runs: int) -> dict[str, Any]:
    """Return requests per second and the 99th percentile, in turn, at 1 and 3 database units."""
    found: dict[str, Any] = {}
    with measure.own_solo(), django_by_hand.site():
        for line in LINES:
            measure.solo(*line.split())
        wait_for_page()
        status: dict[str, Any] = json.loads(measure.solo('status', '--format', 'json'))
        unit = status['applications']['python-django']['units']['python-django/0']
        direct = f'http://{unit["public-address"]}:{PORT}/'
        for host, port in ((django_by_hand.ADDRESS, django_by_hand.PORT), ('127.0.0.1', PORT)):
            visitor = visitors.Visitor(host, port)
            assert all(visitor.sign('Ada', f'What I have to say, {n}') for n in range(20))
        for count in (1, 3):
            if count == 3:
                measure.solo('add-unit', 'postgresql', '-n', '2')
                measure.settle('postgresql', count)
            measure.settle('python-django', 1)
            rounds = [
                {
                    'by hand': asked(BY_HAND),
                    'ours': asked(direct),
                    'ours, through expose': asked(EXPOSED),
                }
                for _ in range(runs * ROUNDS)
            ]
            found[f'{count} database unit{"s"[: count != 1]}'] = {
                'ratio of requests/s': _ratio(rounds, 'ours', 'requests/s'),
                'ratio of requests/s, through expose': _ratio(
                    rounds, 'ours, through expose', 'requests/s'
                ),
                'ratio of p99': _ratio(rounds, 'ours', 'p99 (ms)'),
                'rounds': rounds,
            }
    return found


def _ratio(rounds: list[dict[str, dict[str, float]]], ours: str, key: str) -> float:
    """Return the median of the rounds' ratios."""
    return statistics.median(one[ours][key] / one['by hand'][key] for one in rounds)


def failover(runs: int) -> dict[str, Any]:
    """Return the longest time without a write when the master's machine is killed.

    The same failover, seen by a client of SQL and by twenty visitors who sign.
    """
    found: list[dict[str, Any]] = []
    with product.cluster() as cluster:
        solo = cluster.solo
        solo.do('deploy', 'python-django')
        solo.do('deploy', 'gunicorn')
        solo.do('add-relation', 'python-django', 'pg:db')
        solo.do('add-relation', 'python-django', 'gunicorn')
        address = wait_for(lambda: solo.unit('python-django/0').get('public-address'))
        wait_for(lambda: django_by_hand.answers(f'http://{address}:8080/'), timeout=300)
        with psycopg.connect(cluster.conninfo, autocommit=True) as connection:
            connection.execute(writers.TABLE)
        for run in range(runs):
            cluster.wait_whole()
            found.append(master_killed(cluster, address, f'run{run}'))
    more = [one['HTTP write gap (s)'] - one['SQL write gap (s)'] for one in found]
    return {'HTTP is longer by (s), median': statistics.median(more), 'runs': found}


def master_killed(cluster: product.Product, address: str, name: str) -> dict[str, Any]:
    """Kill the machine of the master while people write, and start it again."""
    with (
        tempfile.TemporaryDirectory() as folder,
        writers.writing(cluster.conninfo, name, Path(folder)) as writer,
        visitors.crowd(address, 8080, name, writers=20) as crowd,
    ):
        wait_for(lambda: len(writer.acknowledged()) > 100 and len(crowd.accepted) > 100)
        unit = cluster.primary()
        cluster.power(unit, 'kill')
        later = time.monotonic() + 2
        wait_for(lambda: crowd.writes[-1] > later, timeout=120)
        wait_for(lambda: writer.acknowledged()[-1].sent > later, timeout=120)
        time.sleep(3)
        acknowledged = writer.acknowledged()
    cluster.power(unit, 'start')
    book = cluster.conninfo.replace('dbname=postgres', 'dbname=python-django')
    with psycopg.connect(book) as connection:
        there = {what for (what,) in connection.execute('SELECT what FROM guestbook_entry')}
    return {
        'SQL write gap (s)': writers.longest_gap(acknowledged).seconds,
        'HTTP write gap (s)': visitors.gap(crowd.writes),
        'HTTP read gap (s)': visitors.gap(crowd.reads),
        'accepted': len(crowd.accepted),
        'refused': crowd.refused,
        'lost': len(set(crowd.accepted) - there),
    }


PARTS = {'lines': lines, 'page': page, 'failover': failover}


def _end(signum: int, frame: FrameType | None) -> None:  # noqa: ARG001 - a handler's form
    """End as after an error, and so leave nothing behind."""
    sys.exit('told to end')


def main() -> None:
    """Measure, and keep the other parts' figures."""
    names = [word for word in sys.argv[1:] if word in PARTS] or list(PARTS)
    runs = next((int(word) for word in sys.argv[1:] if word.isdigit()), 3)
    if os.geteuid() != 0:
        raise SystemExit('this bench needs root')
    signal.signal(signal.SIGTERM, _end)
    file = _BENCH / 'figures' / 'django.json'
    kept: dict[str, Any] = json.loads(file.read_text()) if file.exists() else {}
    figures = {name: kept[name] for name in PARTS if name in kept}
    for name in names:
        figures[name] = PARTS[name](runs)
        measure.report('django', figures)


if __name__ == '__main__':
    main()
