"""What differs between a bundle and a model, in the form of ``diff-bundle``.

Source: juju: core/bundle/changes/diff.go.
"""

from __future__ import annotations

from typing import Any

from . import present, spec

Json = dict[str, Any]


def diff(bundle: spec.Bundle, there: present.Model, mapped: Json) -> Json:
    """Return the differences by section; nothing where both are the same.

    Args:
        bundle: It has been verified.
        there: The model.
        mapped: Machines of the model by the bundle's numbers; others have the same number.
    """
    found: Json = {
        'applications': _applications(bundle, there),
        'machines': _machines(bundle, there, mapped),
        'relations': _relations(bundle, there),
    }
    return {section: each for section, each in found.items() if each}


def _differs(bundle: Any, model: Any) -> Json | None:
    return None if bundle == model else {'bundle': bundle, 'model': model}


def _applications(bundle: spec.Bundle, there: present.Model) -> Json:
    found: Json = {}
    for name in sorted({*bundle.applications, *there.applications}):
        wanted, now = bundle.applications.get(name), there.applications.get(name)
        if wanted is None or now is None:
            found[name] = {'missing': 'bundle' if wanted is None else 'model'}
            continue
        parts: Json = {
            'charm': _charm(wanted.charm, now.charm),
            'base': _base(wanted.base or bundle.default_base, now.base),
            'num_units': None if now.subordinate else _differs(wanted.num_units, len(now.units)),
            'expose': _differs(bool(wanted.exposure), bool(now.exposure)),
            'exposed_endpoints': _exposure(wanted, now),
            'options': _options(wanted, now),
            'constraints': _differs(wanted.constraints, now.constraints),
        }
        differing = {key: part for key, part in parts.items() if part}
        if differing:
            found[name] = differing
    return found


def _charm(wanted: str, now: str) -> Json | None:
    """Compare a charm that comes with solo by its name, as Juju does one of a store."""
    name = wanted.removeprefix('ch:')
    if name == now.removeprefix('local:').rpartition('-')[0]:
        return None
    return _differs(wanted, now)


def _base(wanted: str, now: str) -> Json | None:
    """Compare bases only where the bundle names one: the one machine here has but one."""
    return _differs(wanted, now) if wanted and now else None


def _exposure(wanted: spec.Application, now: present.Application) -> Json:
    return {
        endpoint: {
            side: {'expose_to_cidrs': list(each[endpoint])}
            for side, each in (('bundle', wanted.exposure), ('model', now.exposure))
            if endpoint in each
        }
        for endpoint in sorted({*wanted.exposure, *now.exposure})
        if wanted.exposure.get(endpoint) != now.exposure.get(endpoint)
    }


def _options(wanted: spec.Application, now: present.Application) -> Json:
    return {
        key: {'bundle': wanted.options.get(key), 'model': now.options.get(key)}
        for key in sorted({*wanted.options, *now.options})
        if wanted.options.get(key) != now.options.get(key)
    }


def _machines(bundle: spec.Bundle, there: present.Model, mapped: Json) -> Json:
    named = {str(mapped.get(name, name)) for name in bundle.machines}
    return {
        name: {'missing': 'model' if name in named else 'bundle'}
        for name in sorted(named ^ {*there.machines})
    }


def _relations(bundle: spec.Bundle, there: present.Model) -> Json:
    asked = {
        frozenset(end for end in map(spec.endpoint, pair) if end is not None)
        for pair in bundle.relations
    }
    sides = {
        'bundle-additions': asked - there.relations,
        'model-additions': there.relations - asked,
    }
    return {
        side: sorted(sorted(map(str, relation)) for relation in relations)
        for side, relations in sides.items()
        if relations
    }
