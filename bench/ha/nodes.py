"""Nodes to set up by hand: a network namespace each on one bridge, with power.

Source: ip-netns(8), prctl(2).
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator, Mapping
from pathlib import Path

BIN = max(Path('/usr/lib/postgresql').glob('*/bin'))
_BRIDGE = 'habench0'
_NETWORK = '10.213.7'

# A parent that reaps at once: for a Patroni whose postmaster is a zombie it still runs.
_REAPER = (
    'import ctypes, os, subprocess, sys\n'
    'ctypes.CDLL(None).prctl(36, 1)\n'
    'child = subprocess.Popen(sys.argv[1:])\n'
    'while os.wait()[0] != child.pid: pass\n'
)


def run(*command: str) -> str:
    """Run a command and return its output."""
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


class Node:
    """One node.

    Args:
        number: Which: from 1.
        folder: Where its files lie.
    """

    def __init__(self, number: int, folder: Path) -> None:
        self.name = f'n{number}'
        self.address = f'{_NETWORK}.{10 + number}'
        self.folder = folder / self.name
        self._space = f'habench-{self.name}'
        self._outside = f'habench{number}'
        self.folder.mkdir()
        shutil.chown(self.folder, 'postgres', 'postgres')
        run('ip', 'netns', 'add', self._space)
        run(
            'ip',
            'link',
            'add',
            self._outside,
            'type',
            'veth',
            'peer',
            'eth0',
            'netns',
            self._space,
        )
        run('ip', 'link', 'set', self._outside, 'master', _BRIDGE, 'up')
        inside = ('ip', '-n', self._space)
        run(*inside, 'address', 'add', f'{self.address}/24', 'dev', 'eth0')
        run(*inside, 'link', 'set', 'eth0', 'up')
        run(*inside, 'link', 'set', 'lo', 'up')

    def start(self, *command: str, env: Mapping[str, str] | None = None) -> None:
        """Start a program as ``postgres``; its output goes to the node's log."""
        with open(self.folder / 'log', 'ab') as log:
            subprocess.Popen(
                [
                    *('ip', 'netns', 'exec', self._space),
                    *('setpriv', '--reuid=postgres', '--regid=postgres', '--init-groups'),
                    *(sys.executable, '-c', _REAPER, *command),
                ],
                cwd=self.folder,
                env={
                    'PATH': f'{BIN}:/usr/bin:/bin',
                    'HOME': str(self.folder),
                    'LC_ALL': 'C.UTF-8',
                    **(env or {}),
                },
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def pids(self, named: str = '') -> list[int]:
        """Return its processes whose command line contains *named*."""
        found: list[int] = []
        for pid in map(int, run('ip', 'netns', 'pids', self._space).split()):
            with contextlib.suppress(OSError):
                line = Path(f'/proc/{pid}/cmdline').read_bytes().replace(b'\0', b' ')
                if named.encode() in line:
                    found.append(pid)
        return found

    def signal(self, number: signal.Signals, named: str = '') -> None:
        """Send a signal to its processes whose command line contains *named*."""
        for pid in self.pids(named):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)

    def kill(self) -> None:
        """Take its power away: nothing of it answers any more, not even with a reset."""
        self.cut()
        deadline = time.monotonic() + 20
        while self.pids() and time.monotonic() < deadline:
            self.signal(signal.SIGKILL)
            time.sleep(0.01)

    def cut(self) -> None:
        """Pull its cable."""
        run('ip', 'link', 'set', self._outside, 'down')

    def heal(self) -> None:
        """Plug its cable in."""
        run('ip', 'link', 'set', self._outside, 'up')

    def remove(self) -> None:
        """End it, and what belongs to it outside its folder."""
        self.kill()
        # The namespace's own end takes its cable along, but only some time later.
        run('ip', 'link', 'delete', self._outside)
        run('ip', 'netns', 'delete', self._space)


@contextlib.contextmanager
def nodes(count: int) -> Generator[list[Node], None, None]:
    """Give *count* nodes; nothing of them is left afterwards."""
    folder = Path(tempfile.mkdtemp(prefix='ha-bench-', dir='/var/tmp'))
    folder.chmod(0o755)
    made: list[Node] = []
    run('ip', 'link', 'add', _BRIDGE, 'type', 'bridge')
    try:
        run('ip', 'address', 'add', f'{_NETWORK}.1/24', 'dev', _BRIDGE)
        run('ip', 'link', 'set', _BRIDGE, 'up')
        for number in range(1, count + 1):
            made.append(Node(number, folder))
        yield made
    finally:
        for node in made:
            node.remove()
        run('ip', 'link', 'delete', _BRIDGE)
        shutil.rmtree(folder, ignore_errors=True)
