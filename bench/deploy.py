"""``./solo deploy postgresql --wait`` against initdb, etcd and Patroni by hand, in one run.

The packages are there, and the charm's environment was built by a first deploy.

Usage: python bench/deploy.py [RUNS]   (by default 3)
"""

from __future__ import annotations

import statistics
import sys
import time

import by_hand
import measure


def main() -> None:
    """Measure both in turn, so that a noisy neighbour disturbs both."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    hand: list[float] = []
    ours: list[float] = []
    with measure.own_solo():
        for run in range(runs + 1):
            begin = time.monotonic()
            measure.solo('deploy', 'postgresql', f'pg{run}', '--wait')
            ours.append(time.monotonic() - begin)
            measure.solo(
                'remove-application', f'pg{run}', '--no-prompt', '--destroy-storage', '--wait'
            )
            hand.append(by_hand.seconds())
    first, *rest = ours
    measure.report(
        'deploy',
        {
            'by hand (s)': hand,
            'first deploy, builds the environment (s)': first,
            'deploy --wait (s)': rest,
            'ratio of medians': statistics.median(rest) / statistics.median(hand),
        },
    )


if __name__ == '__main__':
    main()
