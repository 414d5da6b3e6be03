"""``status app unit…``: the part of a status that matches what was named.

Source: juju: apiserver/facades/client/client/filtering.go.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Sequence
from typing import Any

Json = dict[str, Any]


def select(status: Json, patterns: Sequence[str]) -> Json | None:
    """Return *status* with only what matches one of *patterns*, or None if nothing does.

    A pattern names applications, units or machines, or a state of them; ``*`` is a wildcard. A
    unit brings its application and its machine; an application brings its units. What other
    models offer isn't filtered.
    """
    patterns = [_leader(status, each) for each in patterns]
    applications: Json = {}
    wanted: set[str] = set()
    for name, application in status['applications'].items():
        units: Json = application.get('units', {})
        whole = _matches(patterns, name) or (application['exposed'] and 'exposed' in patterns)
        kept = {key: unit for key, unit in units.items() if whole or _unit(patterns, key, unit)}
        if whole or kept:
            applications[name] = {**application, 'units': kept} if units else application
            wanted.update(unit.get('machine', '') for unit in kept.values())
    machines = {
        name: machine
        for name, machine in status['machines'].items()
        if name in wanted or _matches(patterns, name)
    }
    for machine in set(machines) - wanted:
        _add_machine(status, applications, machine)
    if not applications and not machines:
        return None
    relations = [
        each
        for each in status.get('_relations', ())
        if {each[side].partition(':')[0] for side in ('provider', 'requirer')} <= set(applications)
    ]
    return {
        **status,
        'applications': applications,
        'machines': machines,
        '_relations': relations,
    }


def _leader(status: Json, pattern: str) -> str:
    """Return the name of the unit that ``app/leader`` means, else *pattern*."""
    application, _, number = pattern.partition('/')
    units: Json = status['applications'].get(application, {}).get('units', {})
    leaders = [name for name, unit in units.items() if unit.get('leader')]
    return leaders[0] if number == 'leader' and leaders else pattern


def _add_machine(status: Json, applications: Json, machine: str) -> None:
    """Add the units on the machine that was named."""
    for name, application in status['applications'].items():
        units = {
            key: unit
            for key, unit in application.get('units', {}).items()
            if unit.get('machine') == machine
        }
        if units:
            kept = applications.get(name, {}).get('units', {})
            applications[name] = {**application, 'units': {**kept, **units}}


def _unit(patterns: Sequence[str], name: str, unit: Json) -> bool:
    states = (unit['workload-status'].get('current'), unit['juju-status'].get('current'))
    if _matches(patterns, name) or any(state in patterns for state in states):
        return True
    return any(_unit(patterns, key, each) for key, each in unit.get('subordinates', {}).items())


def _matches(patterns: Sequence[str], name: str) -> bool:
    return any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)
