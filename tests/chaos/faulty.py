"""A controller that is killed at its own commit points: ``python faulty.py SRC DATA SEED``.

It is the real one; only SQLite's connection is another class. After a random number of commits it
dies of SIGKILL, just before or just after the COMMIT, or it kills the hook that runs, and goes on.
What it does is written down first, a JSON object per line in ``DATA/../faults.jsonl``:

    kind    before, after, power (everything dies, unsynced pages are lost) or hook
    commits how many commits this controller had done
    wal     for power: size of the write-ahead log before and after that commit
"""

from __future__ import annotations

import functools
import json
import os
import random
import signal
import sqlite3
import sys
from pathlib import Path
from typing import Any

KINDS = ('before', 'after', 'power', 'hook')
SHORTEST, LONGEST = 2, 30  # commits between two faults; a hook takes about five


class Faults:
    """When the next fault comes, and which."""

    def __init__(self, data: Path, seed: str) -> None:
        self._data = data
        self._random = random.Random(seed)
        self._commits = 0
        self._next()

    def at_commit(self, connection: sqlite3.Connection) -> None:
        """Commit, unless the fault comes before that."""
        self._commits += 1
        self._left -= 1
        if self._left > 0:
            _execute(connection, 'COMMIT')
            return
        before = self._wal()
        if self._kind == 'before':
            self._note()
            os.kill(os.getpid(), signal.SIGKILL)
        _execute(connection, 'COMMIT')
        if self._kind == 'hook':
            running = connection.execute(
                "SELECT json_extract(running, '$.pid') FROM unit WHERE running IS NOT NULL"
            ).fetchall()
            for (pid,) in running:
                if pid is not None:
                    self._note()
                    os.kill(pid, signal.SIGKILL)
                    break
            self._next()
            return
        self._note(wal=(before, self._wal()))
        os.kill(os.getpid(), signal.SIGKILL)

    def _next(self) -> None:
        self._kind = self._random.choice(KINDS)
        self._left = self._random.randint(SHORTEST, LONGEST)

    def _note(self, **more: Any) -> None:
        line = json.dumps({'kind': self._kind, 'commits': self._commits, **more})
        with open(self._data.parent / 'faults.jsonl', 'a') as file:
            file.write(line + '\n')

    def _wal(self) -> int:
        return (self._data / 'solo.db-wal').stat().st_size


def _execute(connection: sqlite3.Connection, sql: str) -> sqlite3.Cursor:
    return sqlite3.Connection.execute(connection, sql)


def main() -> int:
    """Run the controller with faults."""
    source, data, seed = sys.argv[1:]
    sys.path.insert(0, source)
    faults = Faults(Path(data), seed)

    class Connection(sqlite3.Connection):
        writes = False

        def execute(self, sql: str, *args: Any) -> sqlite3.Cursor:
            if sql.startswith('BEGIN'):
                self.writes = sql == 'BEGIN IMMEDIATE'
            if sql == 'COMMIT' and self.writes:
                faults.at_commit(self)
                return self.cursor()
            return super().execute(sql, *args)

    sqlite3.connect = functools.partial(sqlite3.connect, factory=Connection)
    from solo.controller import process

    return process.run(Path(data))


if __name__ == '__main__':
    sys.exit(main())
