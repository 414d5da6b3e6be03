"""Watch this unit and ask for a hook when something happened; a service of its own.

It looks at the local Patroni, at the leader key in etcd, at the time when the last reconcile
asked to be called again, and at a pipe into which Patroni's callbacks write. Whatever changed
meanwhile is one hook; a hook that failed is asked for again. It knows nothing of Juju but the
one command that asks.

Usage: ``python -m pgcharm.watcher --unit pg-a/0 ...``
"""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import http.client
import json
import os
import select
import subprocess
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from . import etcd, files, https, patroni

_HOOK = 'JUJU_DISPATCH_PATH=hooks/cluster-changed ./dispatch'
_QUICK = 0.3
"""Seconds between looks while the server is on its way up or down."""

_SLOW = 2.0
"""The same while all is quiet: the pipe and etcd tell of most changes."""

_PAUSE = 1.0
_LONGEST_PAUSE = 30.0


class Watcher:
    """One unit's watcher.

    Args:
        ask: The command that asks Juju for a hook.
        patroni_door: The local Patroni.
        etcd_door: The local etcd.
        leader_key: What to watch there.
        run: The unit's run folder: there hooks say what they knew and when to be called again.
        poke: The pipe that wakes us.
    """

    def __init__(
        self,
        ask: Sequence[str],
        patroni_door: https.Door,
        etcd_door: https.Door,
        leader_key: str,
        run: Path,
        poke: Path,
    ) -> None:
        self._ask = list(ask)
        self._patroni = patroni_door
        self._etcd = etcd_door
        self._leader_key = leader_key
        self._acted_on = run / 'acted-on'
        self._again = run / 'again'
        self._busy = run / 'busy'
        self._pipe = _open_pipe(poke)

    def run(self) -> None:
        """Watch until the process ends."""
        threading.Thread(target=self._watch_leader, daemon=True).start()
        pause = _PAUSE
        while True:
            state = patroni.observe(self._patroni)
            summary = state.summary if state else patroni.DOWN
            reason = self._reason(summary)
            if reason and self._is_busy():
                self._sleep(_QUICK)
                continue
            if reason:
                print('asking for a hook:', reason)
                pause = _PAUSE if self._hook() else min(pause * 2, _LONGEST_PAUSE)
                # A hook that could not change anything must not be the first of a thousand.
                time.sleep(pause if self._reason(summary) else 0.0)
                continue
            wait = _QUICK if summary == patroni.DOWN else _SLOW
            self._sleep(min(wait, max(_due(self._again) - time.time(), 0.0)))

    def _reason(self, summary: str) -> str:
        """Return why a hook is needed, or nothing."""
        acted_on = files.read(self._acted_on)
        if acted_on is not None and summary != acted_on:
            return f'{summary}, was {acted_on}'
        return 'it is time' if _due(self._again) <= time.time() else ''

    def _is_busy(self) -> bool:
        """Tell whether a hook is running, which may see by itself what we have seen."""
        try:
            lock = os.open(self._busy, os.O_RDWR | os.O_CLOEXEC)
        except FileNotFoundError:
            return False
        try:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(lock)
        return False

    def _hook(self) -> bool:
        """Ask Juju for a hook, wait for it and return whether it went well."""
        ended = subprocess.run(self._ask, stdin=subprocess.DEVNULL, check=False)
        return ended.returncode == 0

    def _sleep(self, seconds: float) -> None:
        """Wait that long, or until somebody writes to the pipe."""
        ready, _, _ = select.select([self._pipe], [], [], seconds)
        if ready:
            with contextlib.suppress(BlockingIOError):
                os.read(self._pipe, 4096)

    def _watch_leader(self) -> None:
        """Write to the pipe whenever the leader key changes; for ever."""
        while True:
            with contextlib.suppress(OSError, http.client.HTTPException, ValueError):
                connection = http.client.HTTPSConnection(
                    self._etcd.address, self._etcd.port, context=self._etcd.context()
                )
                body = json.dumps(etcd.watch_request(self._leader_key))
                connection.request('POST', '/v3/watch', body)
                response = connection.getresponse()
                while response.readline():
                    os.write(self._pipe, b'\n')
            time.sleep(1.0)


def _open_pipe(path: Path) -> int:
    """Return the open pipe *path*, which belongs to the owner of its folder."""
    if not path.is_fifo():
        path.unlink(missing_ok=True)
        os.mkfifo(path, 0o600)
        owner = path.parent.stat()
        os.chown(path, owner.st_uid, owner.st_gid)
    # For writing too: a pipe without a writer is always readable.
    return os.open(path, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)


def _due(path: Path) -> float:
    """Return when a hook was asked for, in seconds since 1970; infinity when never."""
    try:
        return float(path.read_text())
    except (FileNotFoundError, ValueError):
        return float('inf')


def main() -> None:
    """Run the watcher that the command line describes."""
    parser = argparse.ArgumentParser()
    for name in ('unit', 'juju-exec', 'address', 'leader-key'):
        parser.add_argument(f'--{name}', required=True)
    for name in ('patroni', 'etcd'):
        parser.add_argument(f'--{name}', type=int, required=True, metavar='PORT')
    for name in ('ca', 'certificate', 'key', 'run', 'poke'):
        parser.add_argument(f'--{name}', type=Path, required=True)
    given = parser.parse_args()
    doors = [
        https.Door(given.address, port, given.ca, given.certificate, given.key)
        for port in (given.patroni, given.etcd)
    ]
    ask = [given.juju_exec, given.unit, _HOOK]
    Watcher(ask, doors[0], doors[1], given.leader_key, given.run, given.poke).run()


if __name__ == '__main__':
    main()
