"""Tests of when applications have settled."""

from __future__ import annotations

from typing import Any

from solo.controller import settling

BEGAN = 100.0


def unit(**changes: Any) -> settling.Unit:
    found = settling.Unit(
        'a/0', 'alive', 'active', '', 'idle', '', BEGAN, log='', busy=False, resolved=False
    )
    return found._replace(**changes)


def outcome(
    *units: settling.Unit,
    present: tuple[str, ...] = (),
    gone: tuple[str, ...] = (),
    quiet: float = 0,
) -> settling.Outcome | None:
    return settling.outcome(units, present, settling.Wanted(BEGAN, gone), quiet)


def test_idle_units_with_nothing_to_do_have_settled() -> None:
    assert outcome(unit(), unit(unit='a/1')) == 'settled'


def test_idle_agent_that_has_not_looked_yet_has_not_settled() -> None:
    assert outcome(unit(busy=True)) is None
    assert outcome(unit(busy=None)) is None


def test_working_agent_has_not_settled() -> None:
    assert outcome(unit(), unit(agent='executing')) is None
    assert outcome(unit(agent='allocating')) is None


def test_blocked_counts_once_all_are_idle() -> None:
    blocked = unit(workload='blocked')

    assert outcome(blocked, unit(agent='executing')) is None
    assert outcome(blocked, unit()) == 'blocked'


def test_failure_ends_it_at_once() -> None:
    assert outcome(unit(workload='error'), unit(agent='executing')) == 'failed'


def test_failure_from_before_is_not_ours() -> None:
    before = unit(workload='error', since=BEGAN - 1)

    assert outcome(before._replace(retry_at=BEGAN + 5)) is None


def test_failure_from_before_that_stays_is_told() -> None:
    before = unit(workload='error', since=BEGAN - 1)

    assert outcome(before) == 'failed'
    assert outcome(before._replace(retry_at=BEGAN + 300)) == 'failed'


def test_failure_that_was_resolved_is_given_another_chance() -> None:
    assert outcome(unit(workload='error', resolved=True)) is None


def test_what_must_go_has_to_be_gone() -> None:
    assert outcome(present=('a', 'a/0'), gone=('a/0',)) is None
    assert outcome(present=('a',), gone=('a/0',)) == 'settled'


def test_waiting_unit_is_given_time() -> None:
    waiting = unit(workload='waiting')

    assert outcome(waiting, quiet=1) is None
    assert outcome(waiting, quiet=30) == 'settled'
    assert outcome(unit(workload='maintenance'), quiet=30) is None


def test_nothing_there_has_settled() -> None:
    assert outcome() == 'settled'
