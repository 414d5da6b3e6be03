"""The database of a data directory: one SQLite file, transactions, and who must hear of them."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import threading
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

from .. import errors
from . import migrations

# What machines, storage and exposed ports are made from: columns of tables, None for all of them.
_PLACES = {
    'machine': None,
    'storage': None,
    'pool': None,
    'port': None,
    'cut': None,
    'application': 'exposed',
    'unit': 'life, machine, forced, principal',
}
_FULL = ('database or disk is full', 'disk I/O error')


class Transaction:
    """One transaction: statements, and the units that its commit concerns.

    Args:
        connection: In a transaction already.
        cache: Values of rows that never change, shared by all transactions of a database.
    """

    def __init__(self, connection: sqlite3.Connection, cache: dict[Any, Any]) -> None:
        self._connection = connection
        self.cache = cache
        self.woken: set[int] = set()

    def execute(self, sql: str, *args: Any) -> sqlite3.Cursor:
        """Run a statement."""
        return self._connection.execute(sql, args)

    def all(self, sql: str, *args: Any) -> list[sqlite3.Row]:
        """Return every row."""
        return self._connection.execute(sql, args).fetchall()

    def one(self, sql: str, *args: Any) -> sqlite3.Row | None:
        """Return the first row, or None."""
        return self._connection.execute(sql, args).fetchone()

    def value(self, sql: str, *args: Any) -> Any:
        """Return the first column of the first row, or None."""
        row = self._connection.execute(sql, args).fetchone()
        return None if row is None else row[0]

    def insert(self, table: str, **columns: Any) -> int:
        """Insert a row and return its id."""
        names = ', '.join(columns)
        marks = ', '.join('?' * len(columns))
        cursor = self.execute(f'INSERT INTO {table} ({names}) VALUES ({marks})', *columns.values())
        assert cursor.lastrowid is not None
        return cursor.lastrowid

    def update(self, table: str, row: int, **columns: Any) -> None:
        """Change columns of the row with that id."""
        sets = ', '.join(f'{name} = ?' for name in columns)
        self.execute(f'UPDATE {table} SET {sets} WHERE id = ?', *columns.values(), row)

    def wake(self, *units: int | None) -> None:
        """Name units that have something new to look at once this is committed."""
        self.woken.update(unit for unit in units if unit is not None)


class Database:
    """The file and its connections: one that writes, one per thread that reads.

    Attributes:
        on_commit: Called after each committed write with the rows of the units concerned, and
            whether it changed what machines, storage and exposed ports are made from.

    Raises:
        Error: If the file can't be used, or a newer solo wrote it.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.RLock()
        self._readers = threading.local()
        self._cache: dict[Any, Any] = {}
        self.on_commit: Callable[[frozenset[int], bool], None] = lambda _, __: None
        self._places_changed = False
        with _explained(path):
            os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
            self._writer = self._connect()
            version = self._writer.execute('PRAGMA user_version').fetchone()[0]
            if version == 0:
                version = migrations.SCHEMA
                schema = Path(__file__).with_name('schema.sql').read_text()
                self._writer.executescript(
                    f'BEGIN IMMEDIATE; {schema}; PRAGMA user_version = {version}; COMMIT;'
                )
            while version in migrations.STEPS:
                step, version = migrations.STEPS[version], version + 1
                self._writer.executescript(
                    f'BEGIN IMMEDIATE; {step}; PRAGMA user_version = {version}; COMMIT;'
                )
            if version != migrations.SCHEMA:
                raise errors.Error(
                    f'cannot use "{path}": another release of solo wrote it (schema {version}, '
                    f'this one knows {migrations.SCHEMA}); use that release'
                )
            self._watch_places()

    def _watch_places(self) -> None:
        """Let the writer note what concerns places, whatever statement changes it."""

        def note() -> None:
            self._places_changed = True

        self._writer.create_function('places_changed', 0, note)
        watched = [(table, columns, '') for table, columns in _PLACES.items()]
        # An agent's last word, after its machine was lost, is not to stand.
        lost = 'WHEN (SELECT lost_at FROM machine WHERE id = NEW.machine) IS NOT NULL'
        watched.append(('unit', 'agent_status', lost))
        for number, (table, columns, when) in enumerate(watched):
            changes = ['UPDATE' if columns is None else f'UPDATE OF {columns}']
            changes += [] if when else ['INSERT', 'DELETE']
            for change in changes:
                self._writer.execute(
                    f'CREATE TEMP TRIGGER "{change} {number}" AFTER {change} ON main.{table}'
                    f' {when} BEGIN SELECT places_changed(); END'
                )

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self._path, isolation_level=None, check_same_thread=False, timeout=30
        )
        connection.row_factory = sqlite3.Row
        # A commit is on the disk before anybody hears of it: a power cut loses nothing committed.
        for pragma in ('journal_mode = WAL', 'synchronous = FULL', 'foreign_keys = ON'):
            connection.execute(f'PRAGMA {pragma}')
        return connection

    @contextlib.contextmanager
    def write(self) -> Generator[Transaction, None, None]:
        """Run a writing transaction: all of it or nothing; one at a time."""
        with self._lock:
            tx = Transaction(self._writer, self._cache)
            self._places_changed = False
            with _explained(self._path):
                self._writer.execute('BEGIN IMMEDIATE')
                try:
                    yield tx
                    self._writer.execute('COMMIT')
                    places_changed = self._places_changed
                except BaseException:
                    with contextlib.suppress(sqlite3.Error):
                        self._writer.execute('ROLLBACK')
                    raise
        self.on_commit(frozenset(tx.woken), places_changed)

    @contextlib.contextmanager
    def read(self) -> Generator[Transaction, None, None]:
        """Run a reading transaction: everything in it is of one instant."""
        connection = getattr(self._readers, 'connection', None)
        if connection is None:
            connection = self._readers.connection = self._connect()
        with _explained(self._path):
            connection.execute('BEGIN')
            try:
                yield Transaction(connection, self._cache)
            finally:
                connection.execute('COMMIT')

    def close(self) -> None:
        """Close the file; what was committed is in it."""
        with self._lock:
            self._writer.close()


@contextlib.contextmanager
def _explained(path: Path) -> Generator[None, None, None]:
    try:
        yield
    except sqlite3.OperationalError as error:
        if any(text in str(error) for text in _FULL):
            raise errors.Error(
                f'cannot write "{path}": the disk is full; make room and try again'
            ) from error
        raise errors.Error(f'cannot use "{path}": {error}') from error
    except sqlite3.DatabaseError as error:
        if isinstance(error, sqlite3.IntegrityError):
            raise
        raise errors.Error(f'cannot use "{path}": {error}; put a backup of it back') from error


def sequence(tx: Transaction, model: int, name: str) -> int:
    """Return the next number of a counter that starts at 0 and never goes back (contract 6.1)."""
    number = tx.value('SELECT next FROM sequence WHERE model = ? AND name = ?', model, name) or 0
    tx.execute(
        'INSERT INTO sequence VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET next = excluded.next',
        model,
        name,
        number + 1,
    )
    return number
