"""What the bench programs share: a solo of their own, medians, and a file of raw figures."""

from __future__ import annotations

import contextlib
import json
import os
import platform
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
SOLO = ROOT / 'solo'


def median(measured: Callable[[], Any], runs: int) -> float:
    """Return the median seconds of *runs* calls, after one that warms the caches."""
    measured()
    times: list[float] = []
    for _ in range(runs):
        begin = time.perf_counter()
        measured()
        times.append(time.perf_counter() - begin)
    return statistics.median(times)


def run(*command: str | Path) -> str:
    """Run a command quietly and return its output; a failure shows it."""
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f'{" ".join(map(str, command))} failed:\n{done.stdout}{done.stderr}')
    return done.stdout


def solo(*arguments: str | Path) -> str:
    """Run ``./solo`` in the data directory of :func:`own_solo`."""
    return run(SOLO, *arguments)


@contextlib.contextmanager
def own_solo() -> Generator[Path, None, None]:
    """Give a solo with a data directory of its own; nothing of it is left afterwards."""
    with tempfile.TemporaryDirectory(prefix='solo-bench-', dir='/var/tmp') as name:
        data = Path(name)
        data.chmod(0o711)
        os.environ['SOLO_DATA'] = str(data)
        try:
            yield data
        finally:
            solo('destroy-controller', '--no-prompt', '--destroy-all-models', '--destroy-storage')


def grow(charm: Path, application: str, units: int) -> None:
    """Deploy the application, or add to it, until it has *units* units."""
    status: dict[str, Any] = json.loads(solo('status', '--format', 'json'))
    there = len(status['applications'].get(application, {}).get('units', {}))
    if not there:
        solo('deploy', charm, application, '-n', str(units))
    elif units > there:
        solo('add-unit', application, '-n', str(units - there))


def settle(application: str, units: int, timeout: float = 900.0) -> None:
    """Wait until *units* units of the application are idle and say no more that they wait."""
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        status: dict[str, Any] = json.loads(solo('status', '--format', 'json'))
        rows: dict[str, Any] = status['applications'][application].get('units') or {}
        good = [
            row
            for row in rows.values()
            if row['juju-status'].get('current') == 'idle'
            and row['workload-status'].get('current') in ('active', 'unknown')
        ]
        if len(good) == units:
            return
        time.sleep(0.2)
    raise SystemExit(f'{application} did not settle:\n{solo("status")}')


def report(name: str, figures: dict[str, Any]) -> None:
    """Print the figures and keep them beside this file, with what they were measured on."""
    figures = {
        'measured': time.strftime('%Y-%m-%d'),
        'cores': os.cpu_count(),
        'python': platform.python_version(),
        **figures,
    }
    (ROOT / 'bench' / 'figures').mkdir(exist_ok=True)
    text = json.dumps(figures, indent=2)
    (ROOT / 'bench' / 'figures' / f'{name}.json').write_text(text + '\n')
    print(text)
