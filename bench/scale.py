"""How solo grows: 10 to 200 units of a trivial charm, all related to one application.

The controller's CPU time is what is compared: the wall clock of a busy machine says little.

Usage: python bench/scale.py [UNITS ...]   (by default 10 50 100 200)
"""

from __future__ import annotations

import json
import os
import sqlite3
import sys
import time
from pathlib import Path
from typing import Any

import measure

CHARM = measure.ROOT / 'bench/charms/tiny'
STATUSES = 10


def cpu(pid: int) -> float:
    """Return the CPU seconds of a process alone. Source: proc(5), fields 14 and 15."""
    fields = Path(f'/proc/{pid}/stat').read_text().rpartition(')')[2].split()
    return sum(map(int, fields[11:13])) / os.sysconf('SC_CLK_TCK')


def memory_mb(pid: int) -> float:
    """Return the process's proportional share of memory."""
    for line in Path(f'/proc/{pid}/smaps_rollup').read_text().splitlines():
        if line.startswith('Pss:'):
            return int(line.split()[1]) / 1024
    raise SystemExit('no Pss in smaps_rollup')


def hooks(data: Path) -> int:
    """Return how many hooks have run, those that a charm doesn't have included."""
    with sqlite3.connect(data / 'solo.db') as database:
        (count,) = database.execute(
            'SELECT count(*) FROM log WHERE message LIKE ? OR message LIKE ?',
            ('ran "%', 'skipped "%'),
        ).fetchone()
    return count


def grown(data: Path, units: int) -> dict[str, Any]:
    """Deploy that many units, relate them, and return what it cost."""
    measure.solo('deploy', CHARM, 'hub', '--wait')
    pid = int((data / 'controller.lock').read_text())
    before, ran, begin = cpu(pid), hooks(data), time.monotonic()
    measure.solo('deploy', CHARM, 'tiny', '-n', str(units))
    measure.solo('integrate', 'tiny:client', 'hub:server', '--wait')
    seconds, used, count = time.monotonic() - begin, cpu(pid) - before, hooks(data) - ran
    before = cpu(pid)
    for _ in range(STATUSES):
        json.loads(measure.solo('status', '--format', 'json'))
    return {
        'settled after (s)': seconds,
        'hooks': count,
        'hooks per second': count / seconds,
        'controller CPU for one hook (ms)': used / count * 1000,
        'controller CPU for one status (ms)': (cpu(pid) - before) / STATUSES * 1000,
        'controller, Pss (MB)': memory_mb(pid),
    }


def main() -> None:
    """Measure each size with a data directory of its own."""
    figures: dict[str, object] = {}
    for count in [int(word) for word in sys.argv[1:]] or [10, 50, 100, 200]:
        with measure.own_solo() as data:
            figures[f'{count} units'] = grown(data, count)
            print(json.dumps({count: figures[f'{count} units']}), flush=True)
    measure.report('scale', figures)


if __name__ == '__main__':
    main()
