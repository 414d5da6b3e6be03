"""Tests of reading the debug log."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from solo.state import db, logs

RECORDS = [
    ('unit-pg-0', 'INFO', 'unit.pg/0.juju-log', 'one'),
    ('unit-pg-10', 'DEBUG', 'unit.pg/10.install', 'two'),
    ('unit-pg-db-0', 'WARNING', 'unit.pg-db/0.install', 'three'),
    ('machine-0', 'ERROR', 'juju.worker', 'four'),
]


@pytest.fixture
def tx(tmp_path: Path) -> Iterator[db.Transaction]:
    database = db.Database(tmp_path / 'solo.db')
    with database.write() as tx:
        for number, (entity, level, module, message) in enumerate(RECORDS):
            logs.append(tx, 1, entity, level, module, message, float(number))
        logs.append(tx, 2, 'unit-pg-0', 'INFO', 'm', 'other', 9.0)
        yield tx
    database.close()


@pytest.mark.parametrize(
    ('wanted', 'messages'),
    [
        (logs.Filter(), 'one two three four'),
        (logs.Filter(level='WARNING'), 'three four'),
        (logs.Filter(include=['pg/0']), 'one'),
        (logs.Filter(include=['pg']), 'one two'),
        (logs.Filter(include=['unit-pg-*']), 'one two three'),
        (logs.Filter(include=['0', 'pg/10']), 'two four'),
        (logs.Filter(exclude=['pg', '0']), 'three'),
        (logs.Filter(include_module=['juju']), 'four'),
        (logs.Filter(exclude_module=['unit.pg/', 'juju']), 'three'),
        (logs.Filter(include=['pg'], level='INFO'), 'one'),
    ],
)
def test_filters_combine(tx: db.Transaction, wanted: logs.Filter, messages: str) -> None:
    found = logs.last(tx, 1, wanted, 0)

    assert ' '.join(row['message'] for row in found) == messages


def test_last_ones_come_in_their_order(tx: db.Transaction) -> None:
    assert [row['message'] for row in logs.last(tx, 1, logs.Filter(), 2)] == ['three', 'four']


def test_what_came_after_a_record(tx: db.Transaction) -> None:
    first = logs.last(tx, 1, logs.Filter(), 0)[0]['id']

    found = logs.after(tx, 1, logs.Filter(level='WARNING'), first)

    assert [row['message'] for row in found] == ['three', 'four']
