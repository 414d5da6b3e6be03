"""Writers that log each acknowledged commit, and the judge that compares them with the table.

A writer is a process of its own, so that nothing but its server delays it, and so that it can run
beside a unit, also in a machine that is cut off. It inserts numbered rows and prints a line per
acknowledgement. It never cancels a statement: a cancelled commit that waits for a standby is
"committed locally", which is no promise (PostgreSQL manual, "Synchronous Replication").

Run by itself: ``python writers.py CONNINFO NAME`` writes until it is killed, ``python writers.py
CONNINFO`` prints the table.
"""

from __future__ import annotations

import contextlib
import dataclasses
import itertools
import select
import subprocess
import sys
import time
from collections.abc import Generator, Iterable, Sequence
from pathlib import Path

import psycopg
from psycopg import pq

EVERY = 0.02
"""Seconds between two rows."""

DEADLINE = 2.0
"""Seconds that a client waits for one commit before it takes its server for dead."""

TABLE = 'CREATE TABLE IF NOT EXISTS written (writer text, n bigint, PRIMARY KEY (writer, n))'

_INSERT = (
    b'INSERT INTO written VALUES ($1, $2) RETURNING '
    b"('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))::bit(32)::int, "
    b"current_setting('listen_addresses') || ':' || current_setting('port')"
)


@dataclasses.dataclass(frozen=True)
class Acknowledged:
    """One commit that the server said is safe. Times are of the monotonic clock."""

    writer: str
    n: int
    sent: float
    at: float
    timeline: int
    server: str
    """Where the server listens: what every user may ask, also over a socket."""


def read(log: Path, writer: str) -> list[Acknowledged]:
    """Return what the log of *writer* says; a line that a kill cut short doesn't count."""
    found: list[Acknowledged] = []
    for line in log.read_text().splitlines(keepends=True):
        fields = line.split()
        if line.endswith('\n') and len(fields) == 5:
            n, sent, at, timeline, server = fields
            found.append(
                Acknowledged(writer, int(n), float(sent), float(at), int(timeline), server)
            )
    return found


@dataclasses.dataclass(frozen=True)
class Gap:
    """The longest time between two acknowledged commits."""

    seconds: float
    begin: float


def longest_gap(
    acknowledged: Iterable[Acknowledged], begin: float | None = None, end: float | None = None
) -> Gap:
    """Return the longest gap between *begin* and *end*, which count as commits when given."""
    times = [
        one.at
        for one in acknowledged
        if (begin is None or one.at >= begin) and (end is None or one.at <= end)
    ]
    times = sorted([*times, *(edge for edge in (begin, end) if edge is not None)])
    return max(
        (Gap(after - before, before) for before, after in itertools.pairwise(times)),
        key=lambda gap: gap.seconds,
        default=Gap(0.0, 0.0),
    )


def missing(
    acknowledged: Iterable[Acknowledged], rows: Iterable[tuple[str, int]]
) -> list[Acknowledged]:
    """Return the acknowledged commits that the table doesn't have."""
    there = set(rows)
    return [one for one in acknowledged if (one.writer, one.n) not in there]


def rows(conninfo: str, within: Sequence[str] = ()) -> list[tuple[str, int]]:
    """Return what the table has, read as :class:`Writer` would."""
    done = subprocess.run(
        [*within, sys.executable, __file__, conninfo],
        check=True,
        capture_output=True,
        text=True,
        timeout=120,
    )
    return [(name, int(n)) for name, n in map(str.split, done.stdout.splitlines())]


def together(acknowledged: Iterable[Acknowledged]) -> list[tuple[Acknowledged, Acknowledged]]:
    """Return pairs that prove that two servers acknowledged at the same time.

    A timeline has one server for ever; and nothing *sent* after a newer timeline had acknowledged
    may be acknowledged on an older one. What was under way at that moment proves nothing: its
    commit may be older than its answer.
    """
    ordered = sorted(acknowledged, key=lambda one: one.at)
    servers: dict[int, Acknowledged] = {}
    found: list[tuple[Acknowledged, Acknowledged]] = []
    newest: Acknowledged | None = None
    for one in ordered:
        owner = servers.setdefault(one.timeline, one)
        if owner.server != one.server:
            found.append((owner, one))
        if newest is None or one.timeline > newest.timeline:
            newest = one
        elif one.timeline < newest.timeline and one.sent > newest.at:
            found.append((newest, one))
    return found


class Writer:
    """A writer's process and its log.

    Args:
        conninfo: libpq's, for example with several hosts and ``target_session_attrs=read-write``.
        name: Tells its rows from those of others; never used twice for one table.
        folder: Where its log is made.
        within: A command that leads to where it shall run, for example ``nsenter``.
        pause: Seconds before it connects again.
    """

    def __init__(
        self,
        conninfo: str,
        name: str,
        folder: Path,
        within: Sequence[str] = (),
        *,
        pause: float = 0.01,
    ) -> None:
        self.name = name
        self.log = folder / f'{name}.log'
        with open(self.log, 'ab') as log, open(folder / f'{name}.errors', 'ab') as errors:
            self._process = subprocess.Popen(
                [*within, sys.executable, '-u', __file__, conninfo, name, str(pause)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=errors,
            )

    def acknowledged(self) -> list[Acknowledged]:
        """Return what was acknowledged so far."""
        return read(self.log, self.name)

    def stop(self) -> list[Acknowledged]:
        """End the process and return what was acknowledged."""
        self._process.kill()
        self._process.wait()
        return self.acknowledged()


@contextlib.contextmanager
def writing(
    conninfo: str, name: str, folder: Path, within: Sequence[str] = ()
) -> Generator[Writer, None, None]:
    """Let a writer run for the time of a block."""
    writer = Writer(conninfo, name, folder, within)
    try:
        yield writer
    finally:
        writer.stop()


def _write(connection: psycopg.Connection, name: str, n: int) -> tuple[int, str] | None:
    """Insert row *n*; None if the server didn't acknowledge it in time, or with a warning."""
    wire = connection.pgconn
    warned: list[object] = []
    wire.notice_handler = warned.append
    wire.send_query_params(_INSERT, [name.encode(), str(n).encode()])
    deadline = time.monotonic() + DEADLINE
    answer: tuple[int, str] | None = None
    while True:
        while wire.is_busy():
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([wire.socket], [], [], left)[0]:
                raise TimeoutError(f'row {n}: no answer in {DEADLINE:g} s')
            wire.consume_input()
        result = wire.get_result()
        if result is None:
            return None if warned else answer
        if result.status != pq.ExecStatus.TUPLES_OK:
            raise psycopg.OperationalError(result.error_message.decode(errors='replace'))
        timeline, server = result.get_value(0, 0), result.get_value(0, 1)
        assert timeline is not None and server is not None
        answer = int(timeline), server.decode().replace(' ', '_')


def _main(conninfo: str, name: str, pause: float) -> None:
    numbers = itertools.count(1)
    while True:
        try:
            with contextlib.closing(
                psycopg.connect(conninfo, connect_timeout=2, autocommit=True)
            ) as connection:
                for n in numbers:
                    sent = time.monotonic()
                    answer = _write(connection, name, n)
                    at = time.monotonic()
                    if answer is not None:
                        print(n, f'{sent:.6f}', f'{at:.6f}', *answer)
                    time.sleep(max(0.0, sent + EVERY - time.monotonic()))
        except (psycopg.Error, TimeoutError) as error:
            said = str(error).strip().splitlines() or ['']
            print(f'{time.monotonic():.3f} {type(error).__name__} {said[-1]}', file=sys.stderr)
            time.sleep(pause)


def _print_rows(conninfo: str) -> None:
    with psycopg.connect(conninfo, connect_timeout=5) as connection:
        for name, n in connection.execute('SELECT writer, n FROM written'):
            print(name, n)


if __name__ == '__main__':
    if len(sys.argv) == 2:
        _print_rows(sys.argv[1])
    else:
        _main(sys.argv[1], sys.argv[2], float(sys.argv[3]) if len(sys.argv) > 3 else 0.01)
