"""What is wrong with a bundle, all of it at once and in Juju's words.

Source: juju/charm: bundledata.go (verifyBundle and what it calls).
"""

from __future__ import annotations

import ipaddress
import json
import os
import re
from collections.abc import Callable, Iterator

from .. import constraints, errors, names
from . import spec

_STORE = re.compile(r'^[a-z][a-z0-9]*(?:-[a-z0-9]*[a-z][a-z0-9]*)*$')
_CHARM = re.compile(r'^(?:(?:ch|local):)?[a-z][a-z0-9-]*$')
_OFFER_URL = re.compile(r'^(?:[^:/.]+:)?(?:[^:/.]+/)?[a-z0-9][a-z0-9-]*\.[a-z][a-z0-9-]*$')


def faults(bundle: spec.Bundle, check_storage: Callable[[str], object]) -> list[str]:
    """Return what is wrong, in the order of Juju's checks; nothing if nothing is.

    Args:
        bundle: What was read.
        check_storage: Raises an error for a directive of storage that is none.
    """
    return [
        *_saas(bundle),
        *_machines(bundle),
        *_applications(bundle, check_storage),
        *_relations(bundle),
        *_unused_machines(bundle),
    ]


def _saas(bundle: spec.Bundle) -> Iterator[str]:
    for name, url in bundle.saas.items():
        if name in bundle.applications:
            yield f'application "{name}" already exists with SAAS "{name}" name'
        if not names.is_application(name):
            yield f'invalid SAAS name "{name}" found'
        if url and not _OFFER_URL.match(url):
            yield f'invalid offer URL "{url}" for SAAS {name}'


def _machines(bundle: spec.Bundle) -> Iterator[str]:
    for name, wanted in bundle.machines.items():
        if not re.match(r'^(0|[1-9][0-9]*)$', name):
            yield f'invalid machine id "{name}" found in machines'
        fault = _fault(lambda wanted=wanted: constraints.parse([wanted]))
        if fault:
            yield f'invalid constraints "{wanted}" in machine "{name}": {fault}'


def _fault(check: Callable[[], object]) -> str:
    try:
        check()
    except errors.Error as error:
        return error.message
    return ''


def _applications(bundle: spec.Bundle, check_storage: Callable[[str], object]) -> Iterator[str]:
    if not bundle.applications:
        yield 'at least one application must be specified'
    for name, application in bundle.applications.items():
        if not names.is_application(name):
            yield f'invalid application name "{name}"'
        yield from _charm(name, application.charm)
        wanted = application.constraints
        fault = _fault(lambda wanted=wanted: constraints.parse([wanted]))
        if fault:
            yield f'invalid constraints "{wanted}" in application "{name}": {fault}'
        for store, directive in application.storage.items():
            if not _STORE.match(store):
                yield f'invalid storage name "{store}" in application "{name}"'
            fault = _fault(lambda directive=directive: check_storage(directive))
            if fault:
                yield f'invalid storage "{store}" in application "{name}": {fault}'
        for endpoint, space in application.bindings.items():
            if space not in ('', 'alpha'):
                yield (
                    f'application "{name}" wants to bind endpoint "{endpoint}" to space '
                    f'"{space}", but there is one space here, "alpha"'
                )
        for offer in application.offers:
            if not names.is_application(offer):
                yield f'invalid offer name "{offer}" in application "{name}"'
        for resource, path in application.resources.items():
            if isinstance(path, int):
                yield (
                    f'resource "{resource}" of application "{name}" is revision {path} of a '
                    'store; name a file instead'
                )
            elif not isinstance(path, str):
                yield f'resource revision "{name}" is not int or string'
        if application.num_units < 0:
            yield f'negative number of units specified on application "{name}"'
        yield from _placements(bundle, name, application)
        yield from _exposure(name, application)


def _charm(name: str, charm: str) -> Iterator[str]:
    if not charm:
        yield 'empty charm path'
    elif os.path.isabs(charm):
        if not os.path.exists(charm):
            yield f'charm path in application "{name}" does not exist: {charm}'
    elif not _CHARM.match(charm):
        yield f'invalid charm URL in application "{name}": cannot parse name "{charm}"'


def _placements(bundle: spec.Bundle, name: str, application: spec.Application) -> Iterator[str]:
    if 0 <= application.num_units < len(application.to):
        yield f'too many units specified in unit placement for application "{name}"'
    for text in application.to:
        place = spec.placement(text)
        if place is None:
            yield f'invalid placement syntax "{text}"'
        elif place.container:
            yield errors.no_container(text).message
        elif place.application:
            target = bundle.applications.get(place.application)
            if target is None:
                yield f'placement "{text}" refers to an application not defined in this bundle'
            elif place.unit is not None and place.unit >= target.num_units:
                yield (
                    f'placement "{text}" specifies a unit greater than the {target.num_units} '
                    'unit(s) started by the target application'
                )
        elif place.machine != 'new' and place.machine not in bundle.machines:
            yield f'placement "{text}" refers to a machine not defined in this bundle'


def _exposure(name: str, application: spec.Application) -> Iterator[str]:
    if application.exposed_endpoints and application.expose:
        yield (
            'exposed-endpoints cannot be specified together with "exposed:true" in application '
            f'"{name}" as this poses a security risk when deploying bundles to older controllers'
        )
    for endpoint, cidrs in application.exposed_endpoints.items():
        for cidr in cidrs:
            try:
                ipaddress.ip_network(cidr, strict=False)
            except ValueError:
                yield (
                    f'invalid CIDR "{cidr}" for expose to CIDRs field for endpoint "{endpoint}" '
                    f'in application "{name}"'
                )


def _relations(bundle: spec.Bundle) -> Iterator[str]:
    seen: set[frozenset[spec.Endpoint]] = set()
    for pair in bundle.relations:
        shown = json.dumps(list(pair)).replace('", "', '" "')
        if len(pair) != 2:
            yield f'relation {shown} has {len(pair)} endpoint(s), not 2'
            continue
        ends = [spec.endpoint(text) for text in pair]
        bad = [text for text, end in zip(pair, ends, strict=True) if end is None]
        if bad:
            yield from (f'invalid relation syntax "{text}"' for text in bad)
            continue
        found = [end for end in ends if end is not None]
        for end in found:
            if end.application not in bundle.applications and end.application not in bundle.saas:
                yield (
                    f'relation {shown} refers to application "{end.application}" not defined in '
                    'this bundle'
                )
        if found[0].application == found[1].application:
            yield f'relation {shown} relates an application to itself'
        if frozenset(found) in seen:
            yield f'relation {shown} is defined more than once'
        seen.add(frozenset(found))


def _unused_machines(bundle: spec.Bundle) -> Iterator[str]:
    used = {
        place.machine
        for application in bundle.applications.values()
        for place in map(spec.placement, application.to)
        if place is not None
    }
    for name in bundle.machines:
        if name not in used:
            yield f'machine "{name}" is not referred to by a placement directive'
