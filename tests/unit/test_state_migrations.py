"""Tests that a database of an older release becomes what a new one is."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from solo import errors
from solo.state import db, migrations

# What came after schema 1: its tables are those of schema.sql without these.
ADDED = {
    'model': ('constraints',),
    'application': ('forced_charm', 'remote', 'url', 'counterpart', 'offer'),
    'relation': ('other', 'offer', 'suspended', 'reason'),
    'storage': ('detaching', 'released'),
    'machine': ('power', 'lost_at'),
}


def layout(path: Path) -> dict[str, set[str]]:
    with sqlite3.connect(path) as connection:
        tables = [
            row[0]
            for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            if not row[0].startswith('sqlite_')
        ]
        found = {
            table: {row[1] for row in connection.execute(f'PRAGMA table_info({table})')}
            for table in tables
        }
    connection.close()
    return found


def older(path: Path) -> None:
    """Make a database of schema 1."""
    db.Database(path).close()
    connection = sqlite3.connect(path)
    for table, columns in ADDED.items():
        for column in columns:
            connection.execute(f'ALTER TABLE {table} DROP COLUMN {column}')
    for table in ('pool', 'status_log', 'cut', 'offer'):
        connection.execute(f'DROP TABLE {table}')
    connection.execute('PRAGMA user_version = 1')
    connection.commit()
    connection.close()


def test_an_old_database_becomes_what_a_new_one_is(tmp_path: Path):
    older(tmp_path / 'old.db')
    db.Database(tmp_path / 'new.db').close()

    db.Database(tmp_path / 'old.db').close()

    assert layout(tmp_path / 'old.db') == layout(tmp_path / 'new.db')


def test_a_database_of_a_newer_release_is_refused(tmp_path: Path):
    db.Database(tmp_path / 'new.db').close()
    connection = sqlite3.connect(tmp_path / 'new.db')
    connection.execute(f'PRAGMA user_version = {migrations.SCHEMA + 1}')
    connection.close()

    with pytest.raises(errors.Error, match='another release of solo wrote it'):
        db.Database(tmp_path / 'new.db')
