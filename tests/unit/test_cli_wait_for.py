"""Tests of ``wait-for`` and its query language."""

from __future__ import annotations

from typing import Any

import fake_controller
import pytest

from solo import errors
from solo.cli import query, wait_for

SCOPE = {
    'name': 'pg',
    'life': 'alive',
    'status': 'active',
    'exposed': False,
    'units': {
        'pg/0': {'workload-status': 'active', 'leader': True},
        'pg/1': {'workload-status': 'waiting', 'leader': False},
    },
}


@pytest.mark.parametrize(
    ('text', 'holds'),
    [
        ('life=="alive" && status=="active"', True),
        ("life=='dying' || status == 'active'", True),
        ('(life=="dying" || exposed) && status=="active"', False),
        ('status!="active"', False),
        ('len(units) == 2', True),
        ('len(units) > 2', False),
        ('startsWith(name, "p") && endsWith(name, "g")', True),
        ('forEach(units, u => u.workload-status=="active")', False),
        ('forEach(units, u => u.leader || u.workload-status=="waiting")', True),
        ('exposed == false', True),
    ],
)
def test_query_is_evaluated(text: str, holds: bool) -> None:
    assert bool(query.parse(text)(SCOPE)) is holds


@pytest.mark.parametrize('text', ['', 'life==', '==1', 'a b', '(a', 'f(a)', 'a & b', 'len(a'])
def test_query_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(errors.UsageError, match='cannot read the query'):
        query.parse(text)


def test_unknown_field_is_refused() -> None:
    with pytest.raises(errors.UsageError, match='no field "colour"'):
        query.parse('colour=="red"')(SCOPE)


@pytest.mark.parametrize('text', ['len(1)', 'life < 3', 'units < 3', 'forEach(name, u => u.x)'])
def test_what_cannot_be_compared_is_refused(text: str) -> None:
    with pytest.raises(errors.UsageError, match='cannot evaluate the query'):
        query.parse(text)(SCOPE)


def test_it_ends_when_the_query_holds() -> None:
    answers = [fake_controller.status(applications={}), fake_controller.status()]
    controller = fake_controller.Controller(status=lambda _: answers.pop(0))  # pyright: ignore[reportUnknownLambdaType]

    done = controller.run('wait-for', 'application', 'pg-a')

    assert (done.code, done.err) == (0, '')
    assert [params['after'] for _, params in controller.asked] == [-1, 7]


def test_time_is_up() -> None:
    controller = fake_controller.Controller(status=fake_controller.status())

    done = controller.run('wait-for', 'unit', 'pg-a/10', '--timeout', '0s')

    assert done.code == 1
    assert 'workload-status maintenance' in done.err
    assert done.err.endswith('ERROR timed out waiting for "pg-a/10" to reach goal state\n')


@pytest.mark.parametrize(
    ('kind', 'name', 'field', 'value'),
    [
        ('application', 'pg-a', 'workload-version', '15.14-0+deb12u1 and more'),
        ('unit', 'pg-a/2', 'leader', True),
        ('machine', '0', 'status', 'started'),
        ('model', 'm', 'status', 'available'),
    ],
)
def test_everything_has_its_fields(kind: str, name: str, field: str, value: Any) -> None:
    found = wait_for.scope(fake_controller.status(), kind, name)

    assert found is not None and found[field] == value


def test_kind_must_be_one_of_jujus() -> None:
    done = fake_controller.Controller().run('wait-for', 'weather', 'sunny')

    assert (done.code, done.err) == (2, 'ERROR unrecognized command: wait-for weather\n')
