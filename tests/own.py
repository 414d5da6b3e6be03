"""A solo with a data directory of its own, for tests that break it."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Generator, Mapping
from pathlib import Path
from typing import Any

import processes
import waiting


class Own:
    """One data directory, its controller, and the tracer charm's traces in it.

    Args:
        cli: The command line under test.
        data: The data directory; it needn't exist.
        home: An empty home.
        become: What runs the command line as somebody else, for example ``setpriv``.
    """

    def __init__(self, cli: str, data: Path, home: Path, become: tuple[str, ...] = ()) -> None:
        self.cli = cli
        self.data = data
        self.become = become
        self.env: Mapping[str, str] = {
            **{name: value for name, value in os.environ.items() if not name.startswith('SOLO_')},
            'HOME': str(home),
            'SOLO_DATA': str(data),
        }

    def __call__(
        self, *arguments: str | Path, timeout: float = 300, **env: str
    ) -> subprocess.CompletedProcess[str]:
        """Run one command line; its exit code is the test's business."""
        return subprocess.run(
            [*self.become, self.cli, *map(str, arguments)],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            env={**self.env, **env},
            cwd='/',
            timeout=timeout,
        )

    def start(self, *arguments: str | Path) -> subprocess.Popen[str]:
        """Start one command line and return its process."""
        return subprocess.Popen(
            [*self.become, self.cli, *map(str, arguments)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=self.env,
            cwd='/',
        )

    def do(self, *arguments: str | Path) -> str:
        """Run one command line that has to work, and return its output."""
        done = self(*arguments)
        assert done.returncode == 0, f'{arguments}: {done.stdout}{done.stderr}'
        return done.stdout

    def status(self) -> dict[str, Any]:
        """Return the status as JSON."""
        return json.loads(self.do('status', '--format', 'json'))

    def unit(self, name: str) -> dict[str, Any]:
        """Return one unit's part of the status; empty if there is no such unit."""
        application = self.status()['applications'].get(name.partition('/')[0], {})
        return application.get('units', {}).get(name, {})

    def agent(self, name: str) -> str:
        """Return what the unit's agent is doing: ``idle``, ``executing``, ..."""
        return self.unit(name).get('juju-status', {}).get('current', '')

    def wait_idle(self, *names: str) -> None:
        """Wait until these units have nothing to do, and no hook of theirs has failed."""
        for name in names:
            waiting.wait_for(lambda name=name: self._is_idle(name), timeout=120)

    def wait_executing(self, name: str) -> None:
        """Wait until the unit runs a hook."""
        waiting.wait_for(lambda: self.agent(name) == 'executing', timeout=120)

    def trace(self, name: str) -> list[dict[str, Any]]:
        """Return what the tracer charm wrote down for the unit, oldest first."""
        tag = 'unit-' + name.replace('/', '-')
        paths = list(self.data.glob(f'machines/*/*/agents/{tag}/charm/trace.jsonl'))
        return [json.loads(line) for path in paths for line in path.read_text().splitlines()]

    def running_hook(self, name: str) -> dict[str, Any]:
        """Return what the tracer charm wrote of the hook that runs now, once it has.

        A unit is executing a moment before its hook writes its first line.
        """

        def found() -> dict[str, Any] | None:
            lines = self.trace(name)
            return lines[-1] if lines and processes.is_running(lines[-1]['pid']) else None

        self.wait_executing(name)
        return waiting.wait_for(found, timeout=120)

    def hooks(self, name: str) -> list[str]:
        """Return the names of the hooks that ran, oldest first."""
        return [line['name'] for line in self.trace(name)]

    @property
    def pid(self) -> int:
        """The controller's process id, which it writes into its lock file."""
        return int((self.data / 'controller.lock').read_text())

    def kill_controller(self) -> None:
        """End the controller with ``kill -9`` and wait until it is gone."""
        pid = self.pid
        ended = os.pidfd_open(pid)
        try:
            os.kill(pid, signal.SIGKILL)
            waiting.wait_for(lambda: _is_readable(ended), timeout=60)
        finally:
            os.close(ended)

    def destroy(self) -> None:
        """Take everything away."""
        self(
            *('destroy-controller', '--no-prompt', '--destroy-all-models', '--destroy-storage'),
            *('--force', '--no-wait'),
        )

    def _is_idle(self, name: str) -> bool:
        unit = self.unit(name)
        return (
            unit.get('juju-status', {}).get('current') == 'idle'
            and unit['workload-status']['current'] != 'error'
        )


@contextlib.contextmanager
def temporary(cli: str) -> Generator[Own, None, None]:
    """Give a solo with a data directory of its own, of which nothing is left afterwards."""
    folder = Path(tempfile.mkdtemp(prefix='own-', dir='/var/tmp'))
    folder.chmod(0o711)
    (folder / 'home').mkdir()
    own = Own(cli, folder / 'data', folder / 'home')
    try:
        yield own
        own.destroy()
    finally:
        left = processes.end_all_of(folder)
        shutil.rmtree(folder, ignore_errors=True)
        assert not left, 'processes were left behind:\n' + '\n'.join(left)


def fine(done: subprocess.CompletedProcess[str], code: int, error: str) -> None:
    """Assert how a command failed: its exit code and Juju's words, and never a traceback."""
    assert (done.returncode, done.stderr.splitlines()[-1]) == (code, f'ERROR {error}')
    assert 'Traceback' not in done.stderr


def _is_readable(descriptor: int) -> bool:
    import select

    return bool(select.select([descriptor], [], [], 0)[0])
