"""A recorder of every version of every bag of one application, also of those of a millisecond.

It is a trigger in the controller's database: a version is recorded in the transaction that makes
it true. Times are those of the wall clock, in seconds.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import sqlite3
from collections.abc import Iterable, Mapping
from pathlib import Path

_NOW = "(julianday('now') - 2440587.5) * 86400.0"
_TRIGGERS = f"""
CREATE TABLE IF NOT EXISTS recorded (time REAL, relation INTEGER, unit TEXT, bag TEXT);
CREATE TRIGGER IF NOT EXISTS recorded_insert AFTER INSERT ON relation_unit BEGIN
  INSERT INTO recorded VALUES ({_NOW}, new.relation, new.unit_name, new.bag);
END;
CREATE TRIGGER IF NOT EXISTS recorded_update AFTER UPDATE ON relation_unit BEGIN
  INSERT INTO recorded VALUES ({_NOW}, new.relation, new.unit_name,
    CASE WHEN new.scope = 'left' THEN NULL ELSE new.bag END);
END;
CREATE TRIGGER IF NOT EXISTS recorded_delete AFTER DELETE ON relation_unit BEGIN
  INSERT INTO recorded VALUES ({_NOW}, old.relation, old.unit_name, NULL);
END;
"""


@dataclasses.dataclass(frozen=True)
class Version:
    """What a unit's bag said from a time on; an empty bag also once it is gone."""

    time: float
    relation: int
    unit: str
    bag: Mapping[str, str]


@dataclasses.dataclass(frozen=True)
class Span:
    """A time in which something was so."""

    begin: float
    end: float


def record(data: Path) -> None:
    """Begin to record in the controller's database of this data directory."""
    with contextlib.closing(sqlite3.connect(data / 'solo.db', timeout=60)) as database:
        database.executescript(_TRIGGERS)


def versions(data: Path, application: str) -> list[Version]:
    """Return all versions of the bags of the application's units, oldest first."""
    with contextlib.closing(sqlite3.connect(data / 'solo.db', timeout=60)) as database:
        rows = database.execute('SELECT time, relation, unit, bag FROM recorded ORDER BY rowid')
        return [
            Version(time, relation, unit, json.loads(bag or '{}'))
            for time, relation, unit, bag in rows
            if unit.partition('/')[0] == application
        ]


def masters(recorded: Iterable[Version], now: float) -> dict[tuple[int, str], list[Span]]:
    """Return when each bag, by relation and unit, said ``master``; *now* ends what lasts."""
    since: dict[tuple[int, str], float] = {}
    found: dict[tuple[int, str], list[Span]] = {}
    for version in recorded:
        key = version.relation, version.unit
        if version.bag.get('state') == 'master':
            since.setdefault(key, version.time)
        elif key in since:
            found.setdefault(key, []).append(Span(since.pop(key), version.time))
    for key, begin in since.items():
        found.setdefault(key, []).append(Span(begin, now))
    return found


def overlaps(
    recorded: Iterable[Version], excused: Mapping[str, Iterable[Span]], now: float
) -> list[tuple[str, str, Span]]:
    """Return where two bags of one relation said ``master`` while both units could answer.

    Args:
        recorded: What :func:`versions` returned.
        excused: When a unit could not answer, by its name, with the time that it needs to find
            out, once it is back, what has become of the others.
        now: When to end.
    """
    spans = masters(recorded, now)
    found: list[tuple[str, str, Span]] = []
    for (relation, unit), mine in spans.items():
        for (of, other), theirs in spans.items():
            if relation != of or unit >= other:
                continue
            away = [*excused.get(unit, ()), *excused.get(other, ())]
            for one in mine:
                for two in theirs:
                    both = Span(max(one.begin, two.begin), min(one.end, two.end))
                    found += [(unit, other, left) for left in without(both, away)]
    return found


def without(span: Span, away: Iterable[Span]) -> list[Span]:
    """Return what of *span* lies outside of all of *away*."""
    left = [span] if span.end > span.begin else []
    for gone in away:
        left = [
            part
            for one in left
            for part in (
                Span(one.begin, min(one.end, gone.begin)),
                Span(max(one.begin, gone.end), one.end),
            )
            if part.end > part.begin
        ]
    return left
