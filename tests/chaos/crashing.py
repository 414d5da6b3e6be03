"""A solo whose controller dies again and again, and is started again each time."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import random
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import own
import processes
import waiting

FAULTY = Path(__file__).with_name('faulty.py')
# An operator asks again; what had been done by then is not done twice.
_GONE = ('the controller went away', 'cannot reach the controller', 'cannot start the controller')
_DONE = ('already exists', 'not found', 'is dying', 'not alive')


class Crashing(own.Own):
    """An :class:`own.Own` whose controller is ``faulty.py``, started again whenever it died."""

    def __init__(self, cli: str, data: Path, home: Path, source: Path, seed: int) -> None:
        super().__init__(cli, data, home)
        self._source = source
        self._seed = seed
        self._lives = 0
        self._stopped = threading.Event()
        self._random = random.Random(seed)
        self._thread = threading.Thread(target=self._keep, daemon=True)

    @property
    def faults(self) -> list[dict[str, Any]]:
        """What was killed so far."""
        path = self.data.parent / 'faults.jsonl'
        return (
            [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
        )

    def start_faults(self) -> None:
        """From now on the controller dies."""
        self._thread.start()

    def stop_faults(self) -> None:
        """Kill it once more; from now on it lives."""
        self._stopped.set()
        with contextlib.suppress(OSError, ValueError):
            os.kill(self.pid, signal.SIGKILL)
        self._thread.join()

    def insist(self, *arguments: str) -> None:
        """Run a command until it was answered, as an operator or a script would."""

        def answered() -> bool:
            done = self(*arguments)
            if done.returncode == 0:
                return True
            assert 'Traceback' not in done.stderr
            assert any(text in done.stderr for text in (*_GONE, *_DONE)), done.stderr
            return any(text in done.stderr for text in _DONE)

        waiting.wait_for(answered, timeout=300, message=' '.join(arguments))

    def _keep(self) -> None:
        while not self._stopped.is_set():
            self._lives += 1
            seed = f'{self._seed}:{self._lives}'
            with open(self.data.parent / 'controller.log', 'ab') as log:
                life = subprocess.Popen(
                    [sys.executable, FAULTY, self._source, self.data, seed],
                    stdout=log,
                    stderr=log,
                    cwd='/',
                    env=self.env,
                    start_new_session=True,
                )
            if life.wait() == 0 and not self._stopped.is_set():
                # A command was quicker and started an ordinary one: that one dies as well.
                with contextlib.suppress(OSError, ValueError):
                    os.kill(self.pid, signal.SIGKILL)
                continue
            faults = self.faults
            if faults and faults[-1]['kind'] == 'power':
                self._cut_power(*faults[-1]['wal'])

    def _cut_power(self, synced: int, written: int) -> None:
        """End everything, and lose what the disk had not been told to keep."""
        for pid in processes.of(self.data):
            with contextlib.suppress(ProcessLookupError):
                # The operator, who is in our session, sits at another machine.
                if os.getsid(pid) != os.getsid(0):
                    os.kill(pid, signal.SIGKILL)
        wal = self.data / 'solo.db-wal'
        with open(self.data / 'controller.lock') as lock:
            try:  # a command may have started another controller meanwhile: hands off its file
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return
            if written > synced and wal.exists() and wal.stat().st_size == written:
                os.truncate(wal, self._random.randint(synced, written))
