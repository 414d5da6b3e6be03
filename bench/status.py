"""``./solo status`` against an interpreter that imports what any command line needs.

Usage: python bench/status.py [UNITS ...]   (by default 1 10 100)
"""

from __future__ import annotations

import sys

import measure

CHARM = measure.ROOT / 'bench/charms/tiny'


def main() -> None:
    """Measure with a growing number of units of a trivial charm."""
    counts = [int(word) for word in sys.argv[1:]] or [1, 10, 100]
    base = measure.median(
        lambda: measure.run('/usr/bin/python3', '-c', 'import argparse, json, socket'), 20
    )
    figures: dict[str, object] = {'python -c "import argparse, json, socket" (ms)': base * 1000}
    with measure.own_solo():
        for count in counts:
            measure.grow(CHARM, 'tiny', count)
            measure.settle('tiny', count)
            plain = measure.median(lambda: measure.solo('status'), 20)
            as_json = measure.median(lambda: measure.solo('status', '--format', 'json'), 20)
            figures[f'{count} units'] = {
                'status (ms)': plain * 1000,
                'ratio': plain / base,
                'status --format json (ms)': as_json * 1000,
                'ratio json': as_json / base,
            }
    measure.report('status', figures)


if __name__ == '__main__':
    main()
