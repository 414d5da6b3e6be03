"""``expose``: keep the forwarder process doing what is wanted.

The process (``forwarder.py``) is told by a file and a signal, and answers in another file; so
neither a restart of the controller nor a change of other ports touches an open session.
"""

from __future__ import annotations

import contextlib
import dataclasses
import fcntl
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from .. import errors
from . import forwarder

_ANSWER_SECONDS = 15.0


@dataclasses.dataclass(frozen=True)
class Route:
    """A network that may come, and the machines that it is sent to, in turn."""

    cidr: str
    addresses: tuple[str, ...]


@dataclasses.dataclass(frozen=True)
class Rule:
    """One port of the host, and where its visitors go: by the first route that has them."""

    port: int
    protocol: str
    routes: tuple[Route, ...]


class Forwarder:
    """The forwarding of one data directory."""

    def __init__(self, data: Path) -> None:
        self._data = data

    def apply(self, rules: Sequence[Rule]) -> dict[int, str]:
        """Forward by *rules* and nothing else; may be called again and again.

        Returns:
            The ports that somebody else has, each with words for people.

        Raises:
            Error: If the process doesn't answer.
        """
        running = self._pid()
        if not rules and running is None:
            return {}
        text = json.dumps([dataclasses.asdict(rule) for rule in rules])
        (self._data / 'forward.status').unlink(missing_ok=True)
        fresh = self._data / 'forward.json.new'
        fresh.write_text(text)
        fresh.rename(self._data / 'forward.json')
        if running is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(running, signal.SIGHUP)
        deadline = time.monotonic() + _ANSWER_SECONDS
        while time.monotonic() < deadline:
            answer = json.loads(forwarder.read(self._data / 'forward.status') or '{}')
            if answer.get('rules') == text:
                return {int(port): fault for port, fault in answer['faults'].items()}
            if self._pid() is None:
                self._start()
            time.sleep(0.05)  # a poll with a deadline: the answer is a file
        raise errors.Error(f'the forwarder of "{self._data}" does not answer')

    def _start(self) -> None:
        subprocess.Popen(
            [sys.executable, '-I', forwarder.__file__, str(self._data)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd='/',
            env={'PATH': '/usr/bin:/bin'},
            start_new_session=True,
        )

    def _pid(self) -> int | None:
        """Return the process that holds the lock, None when nobody does."""
        try:
            with open(self._data / 'forward.lock', 'r+') as lock:
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    return int(lock.read() or 0) or None
        except OSError:
            pass
        return None
