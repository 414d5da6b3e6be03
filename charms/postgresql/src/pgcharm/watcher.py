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
import http.client
import json
import os
import select
import subprocess
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from . import errors, etcd, https

_HOOK = 'JUJU_DISPATCH_PATH=hooks/cluster-changed ./dispatch'
_QUICK = 0.1
"""Seconds between looks while the server is on its way up or down."""

_SLOW = 2.0
"""The same while all is quiet: the pipe and etcd tell of most changes."""

_LONGEST_PAUSE = 30.0
_DOWN = '{}'
"""What a server that does not answer looks like, and one on its way up: no hook for each step."""

_STABLE = ('role', 'timeline', 'pending_restart')


class Watcher:
    """One unit's watcher."""

    def __init__(
        self,
        ask: Sequence[str],
        patroni: https.Door,
        etcd_door: https.Door,
        leader_key: str,
        poke: Path,
        again: Path,
    ) -> None:
        self._ask = list(ask)
        self._patroni = patroni
        self._etcd = etcd_door
        self._leader_key = leader_key
        self._again = again
        self._pipe = _open_pipe(poke)
        self._poke = poke
        self._answered = _DOWN
        """What the unit looked like when the last good hook began; at first, as a hook that
        starts us leaves it."""

        self._called = 0.0
        """Content of the file `again` that was acted upon."""

    def run(self) -> None:
        """Watch until the process ends."""
        threading.Thread(target=self._watch_leader, daemon=True).start()
        pause = 1.0
        while True:
            looks = self._look()
            due = _due(self._again)
            is_due = due != self._called and due <= time.time()
            if looks != self._answered or is_due:
                print('asking for a hook:', looks if looks != self._answered else 'it is time')
                if self._hook():
                    self._answered, pause = looks, 1.0
                    self._called = due if is_due else self._called
                else:
                    self._sleep(pause)
                    pause = min(pause * 2, _LONGEST_PAUSE)
                continue
            wait = _SLOW if looks != _DOWN else _QUICK
            if due != self._called:
                wait = min(wait, max(due - time.time(), 0.0))
            self._sleep(wait)

    def _look(self) -> str:
        """Return what matters of the unit's state, as text to compare."""
        try:
            record = https.ask(self._patroni, 'GET', '/health').record
        except errors.UnreachableError:
            return _DOWN
        if record.get('state') != 'running':
            return _DOWN
        return json.dumps({name: record.get(name) for name in _STABLE}, sort_keys=True)

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
    for name in ('ca', 'certificate', 'key', 'poke', 'again'):
        parser.add_argument(f'--{name}', type=Path, required=True)
    given = parser.parse_args()
    doors = [
        https.Door(given.address, port, given.ca, given.certificate, given.key)
        for port in (given.patroni, given.etcd)
    ]
    ask = [given.juju_exec, given.unit, _HOOK]
    Watcher(ask, doors[0], doors[1], given.leader_key, given.poke, given.again).run()


if __name__ == '__main__':
    main()
