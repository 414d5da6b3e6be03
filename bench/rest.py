"""The controller at rest and at work: memory, CPU and hooks per second, by units.

Usage: python bench/rest.py [UNITS ...]   (by default 1 100)
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import measure

CHARM = measure.ROOT / 'bench/charms/tiny'
REST_SECONDS = 30.0


def _cpu(pid: int) -> float:
    """Return the CPU seconds of a process, children that ended included. Source: proc(5)."""
    fields = Path(f'/proc/{pid}/stat').read_text().rpartition(')')[2].split()
    return sum(map(int, fields[11:13])) / os.sysconf('SC_CLK_TCK')


def _memory_kb(pid: int) -> int:
    for line in Path(f'/proc/{pid}/smaps_rollup').read_text().splitlines():
        if line.startswith('Pss:'):
            return int(line.split()[1])
    raise SystemExit('no Pss in smaps_rollup')


def main() -> None:
    """Deploy, settle, rest, and then change an option of every unit at once."""
    counts = [int(word) for word in sys.argv[1:]] or [1, 100]
    figures: dict[str, object] = {}
    with measure.own_solo() as data:
        for count in counts:
            begin = time.monotonic()
            measure.grow(CHARM, 'tiny', count)
            measure.settle('tiny', count)
            settled = time.monotonic() - begin
            pid = int((data / 'controller.lock').read_text())
            cpu, begin = _cpu(pid), time.monotonic()
            time.sleep(REST_SECONDS)
            at_rest = (_cpu(pid) - cpu) / (time.monotonic() - begin)
            before = _hooks()
            begin = time.monotonic()
            measure.solo('config', 'tiny', f'number={count}')
            while _hooks() < before + count:
                time.sleep(0.05)
            seconds = time.monotonic() - begin
            figures[f'{count} units'] = {
                'settled after (s)': settled,
                'controller, Pss (MB)': _memory_kb(pid) / 1024,
                'CPU at rest (share of a core)': at_rest,
                'hooks per second': count / seconds,
            }
    measure.report('rest', figures)


def _hooks() -> int:
    """Return how many config-changed hooks have run in all."""
    lines = Path(os.environ['SOLO_DATA']).glob('machines/*/*/agents/*/charm/ran')
    return sum(path.stat().st_size for path in lines)


if __name__ == '__main__':
    main()
