"""The recorder of bags sees two masters, and only those."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path

import bag_recorder
from bag_recorder import Span, Version


def _version(time: float, unit: str, state: str) -> Version:
    return Version(time, 1, unit, {'state': state} if state else {})


def test_two_bags_that_say_master_are_found():
    recorded = [
        _version(1, 'pg/0', 'master'),
        _version(2, 'pg/1', 'master'),
        _version(3, 'pg/0', 'hot standby'),
    ]

    assert bag_recorder.overlaps(recorded, {}, 9) == [('pg/0', 'pg/1', Span(2, 3))]


def test_one_after_the_other_is_fine():
    recorded = [
        _version(1, 'pg/0', 'master'),
        _version(2, 'pg/0', 'failover'),
        _version(2, 'pg/1', 'master'),
        _version(3, 'pg/1', ''),
        _version(4, 'pg/2', 'master'),
    ]

    assert bag_recorder.overlaps(recorded, {}, 9) == []


def test_a_dead_unit_cannot_take_back_its_word():
    recorded = [_version(1, 'pg/0', 'master'), _version(2, 'pg/1', 'master')]

    assert bag_recorder.overlaps(recorded, {'pg/0': [Span(1.5, 20)]}, 9) == []
    assert bag_recorder.overlaps(recorded, {'pg/0': [Span(1.5, 5)]}, 9) == [
        ('pg/0', 'pg/1', Span(5, 9))
    ]


def test_what_lies_outside_is_left():
    away = [Span(2, 3), Span(5, 6)]

    assert bag_recorder.without(Span(1, 7), away) == [Span(1, 2), Span(3, 5), Span(6, 7)]
    assert bag_recorder.without(Span(2, 3), away) == []


def test_every_version_is_recorded(tmp_path: Path):
    with contextlib.closing(sqlite3.connect(tmp_path / 'solo.db')) as database:
        database.execute('CREATE TABLE relation_unit (relation, unit_name, scope, bag)')
    bag_recorder.record(tmp_path)
    with contextlib.closing(sqlite3.connect(tmp_path / 'solo.db')) as database, database:
        database.execute("INSERT INTO relation_unit VALUES (1, 'pg/0', 'in', '{}')")
        database.execute("""UPDATE relation_unit SET bag = '{"state": "master"}'""")
        database.execute("UPDATE relation_unit SET scope = 'left'")
        database.execute("INSERT INTO relation_unit VALUES (1, 'app/0', 'in', '{}')")

    recorded = bag_recorder.versions(tmp_path, 'pg')

    assert [version.bag for version in recorded] == [{}, {'state': 'master'}, {}]
