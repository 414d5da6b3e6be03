"""Tests of what a bundle changes in a model: the list, the places, and that it ends."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from solo import errors, names
from solo.bundle import diff, plan, present, spec

BASE = 'ubuntu@24.04/stable'
URL = 'local:x-0'


def bundle(machines: Sequence[str] = (), **applications: Any) -> spec.Bundle:
    return spec.Bundle(
        {name: spec.Application(charm=URL, **each) for name, each in applications.items()},
        dict.fromkeys(machines, ''),
        {},
        (),
    )


def model(**units: Mapping[str, str]) -> present.Model:
    """Return a model of these applications, with machines by unit."""
    used = sorted({machine for each in units.values() for machine in each.values()})
    return present.Model(
        {
            name: present.Application(
                URL, units=tuple(present.Unit(*unit) for unit in each.items())
            )
            for name, each in units.items()
        },
        tuple(used),
        next_machine=len(used),
        next_units={name: len(each) for name, each in units.items()},
    )


def changes(
    wanted: spec.Bundle, there: present.Model, mapped: Mapping[str, str] | None = None
) -> list[plan.Change]:
    return plan.changes(wanted, there, mapped or {}, BASE)


def lines(
    wanted: spec.Bundle, there: present.Model, mapped: Mapping[str, str] | None = None
) -> list[str]:
    return [line for each in changes(wanted, there, mapped) for line in each.lines()]


def after(there: present.Model, done: Sequence[plan.Change]) -> present.Model:
    """Return what the model is after the changes."""
    applications = dict(there.applications)
    machines, relations = set(there.machines), set(there.relations)
    for each in done:
        if isinstance(each, plan.Deploy):
            applications[each.name] = present.Application(URL)
        elif isinstance(each, plan.AddMachine):
            machines.add(each.machine)
        elif isinstance(each, plan.AddUnit):
            name = names.unit(each.unit).application
            before = applications[name]
            machines.add(each.machine)
            applications[name] = present.Application(
                URL, units=(*before.units, present.Unit(each.unit, each.machine))
            )
        elif isinstance(each, plan.Relate):
            relations.add(frozenset((each.first, each.second)))
    return present.Model(
        applications,
        tuple(sorted(machines)),
        frozenset(relations),
        {},
        max((int(name) + 1 for name in machines), default=0),
        {name: len(each.units) for name, each in applications.items()},
    )


def test_units_go_where_the_bundle_says():
    wanted = bundle(
        machines=('4', '7'),
        a={'num_units': 3, 'to': ('7', '4')},
        b={'num_units': 2, 'to': ('a',)},
        c={'num_units': 2, 'to': ('new',)},
        d={'num_units': 1, 'to': ('b/1',)},
    )

    assert [line for line in lines(wanted, model()) if 'unit' in line or 'machine' in line] == [
        'add new machine 0 (bundle machine 4)',
        'add new machine 1 (bundle machine 7)',
        'add unit a/0 to new machine 1',
        'add unit a/1 to new machine 0',
        'add unit a/2 to new machine 2',
        'add unit b/0 to new machine 1 to satisfy [a]',
        'add unit b/1 to new machine 0 to satisfy [a]',
        'add new machine 3',
        'add unit c/0 to new machine 3',
        'add new machine 4',
        'add unit c/1 to new machine 4',
        'add unit d/0 to new machine 0 to satisfy [b/1]',
    ]


def test_machines_of_the_model_are_taken_by_their_units_or_by_the_operators_word():
    wanted = bundle(machines=('0',), a={'num_units': 2, 'to': ('0',)}, b={'num_units': 1})
    there = model(a={'a/0': '5'}, b={'b/0': '6'})

    assert lines(wanted, there) == ['add unit a/1 to new machine 2']
    assert lines(wanted, model(b={'b/0': '0'}), {'0': '0'})[2:] == [
        'add unit a/0 to existing machine 0',
        'add unit a/1 to new machine 1',
    ]


def test_placements_in_a_circle_are_refused():
    wanted = bundle(a={'num_units': 1, 'to': ('b',)}, b={'num_units': 1, 'to': ('a',)})

    with pytest.raises(errors.Error, match='cycle in placement directives for: a, b'):
        changes(wanted, model())


def test_a_machine_that_nothing_would_use_is_refused():
    wanted = bundle(machines=('0', '1'), a={'num_units': 2, 'to': ('0', '1')})
    there = model(a={'a/0': '0', 'a/1': '0'})

    with pytest.raises(errors.Error, match='need an explicit entry mapping bundle machine "1"'):
        changes(wanted, there)


def test_exposure_is_told_by_groups_of_endpoints():
    wanted = bundle(
        a={'exposed_endpoints': {'': spec.EVERYWHERE, 'x': ('10.0.0.0/8',), 'y': ('10.0.0.0/8',)}}
    )

    assert lines(wanted, model())[2:] == [
        'expose all endpoints of a and allow access from CIDRs 0.0.0.0/0 and ::/0',
        'override expose settings for endpoints x,y of a and allow access from CIDR 10.0.0.0/8',
    ]


def test_an_endpoint_without_a_name_is_any_that_is_related():
    end = spec.Endpoint
    there = present.Model(relations=frozenset([frozenset([end('a', 'x'), end('b', 'y')])]))

    assert there.is_related(end('b', ''), end('a', 'x'))
    assert there.is_related(end('a', ''), end('b', ''))
    assert not there.is_related(end('a', 'z'), end('b', ''))


def test_a_shipped_charm_is_compared_by_its_name():
    there = model(a={}, b={})
    wanted = spec.Bundle(
        {'a': spec.Application(charm='ch:x'), 'b': spec.Application(charm='/y')}, {}, {}, ()
    )

    assert diff.diff(wanted, there, {}) == {
        'applications': {'b': {'charm': {'bundle': '/y', 'model': URL}}}
    }


_NAMES = ('a', 'b', 'c')


@st.composite
def bundles(draw: st.DrawFn) -> spec.Bundle:
    """Bundles of up to three applications; each is placed at machines or at earlier ones."""
    machines = draw(st.sampled_from([(), ('0',), ('0', '1')]))
    found: dict[str, Any] = {}
    for index, name in enumerate(_NAMES[: draw(st.integers(1, 3))]):
        count = draw(st.integers(0, 3))
        places = ['new', *machines, *_NAMES[:index]]
        to = draw(st.lists(st.sampled_from(places), max_size=count, unique=True))
        found[name] = {'num_units': count, 'to': tuple(to)}
    used = {place for each in found.values() for place in each['to']}
    return bundle(tuple(name for name in machines if name in used), **found)


@given(bundles())
def test_a_bundle_that_was_deployed_asks_for_nothing_more(wanted: spec.Bundle):
    whole = after(model(), changes(wanted, model()))

    assert changes(wanted, whole) == []
    assert 'applications' not in diff.diff(wanted, whole, {})


@given(bundles())
def test_every_unit_gets_a_machine_that_is_there_or_made_in_order(wanted: spec.Bundle):
    done = changes(wanted, model())

    machines = [int(each.machine) for each in done if isinstance(each, plan.AddUnit)]
    made = {int(each.machine) for each in done if isinstance(each, plan.AddMachine)} | {*machines}
    assert sorted(made) == list(range(len(made)))
    for name, each in wanted.applications.items():
        mine = [x for x in done if isinstance(x, plan.AddUnit) and x.unit.startswith(f'{name}/')]
        assert len(mine) == each.num_units
