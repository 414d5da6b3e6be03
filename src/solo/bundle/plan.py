"""Which changes make a model what a bundle asks for, in Juju's order and words.

Nothing is ever taken away: what the model has and the bundle doesn't name stays.

Source: juju: core/bundle/changes/ (changes.go, handlers.go).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from .. import juju, names
from . import placing, present, spec


class UploadCharm(NamedTuple):
    """Prepare a charm: an absolute path, a shipped one's name, or ``local:name-0``."""

    charm: str
    base: str

    def lines(self) -> list[str]:
        """Say what will be done."""
        where = '' if self.charm.startswith('/') else ' from local'
        name = self.charm.partition(':')[2] or self.charm
        what = f'upload charm {name}{where} for base {self.base}'
        return [f'{what} with architecture={juju.ARCHITECTURE}']


class Deploy(NamedTuple):
    """Add an application, without units."""

    name: str
    base: str

    def lines(self) -> list[str]:
        """Say what will be done."""
        return [f'deploy application {self.name} on {self.base}']


class Expose(NamedTuple):
    """Let networks reach an application."""

    name: str
    exposure: Mapping[str, tuple[str, ...]]

    def lines(self) -> list[str]:
        """Say what will be done, a line for each group of endpoints."""
        groups: dict[tuple[str, ...], list[str]] = {}
        for endpoint, cidrs in sorted(self.exposure.items()):
            key = tuple(sorted(cidrs))
            if endpoint:
                groups.setdefault(key, []).append(endpoint)
        found: list[str] = []
        if '' in self.exposure:
            found.append(
                f'expose all endpoints of {self.name} and allow access from '
                f'{_cidrs(self.exposure[""])}'
            )
        for cidrs, endpoints in groups.items():
            plural = 's' if len(endpoints) > 1 else ''
            found.append(
                f'override expose settings for endpoint{plural} {",".join(endpoints)} of '
                f'{self.name} and allow access from {_cidrs(cidrs)}'
            )
        return found


def _cidrs(cidrs: tuple[str, ...]) -> str:
    if not cidrs or set(cidrs) == set(spec.EVERYWHERE):
        return 'CIDRs 0.0.0.0/0 and ::/0'
    return f'CIDR{"s" if len(cidrs) > 1 else ""} {",".join(sorted(cidrs))}'


class SetOptions(NamedTuple):
    """Change options of an application that is there."""

    name: str
    options: Mapping[str, Any]

    def lines(self) -> list[str]:
        """Say what will be done."""
        return [f'set application options for {self.name}']


class SetConstraints(NamedTuple):
    """Change the constraints of an application that is there."""

    name: str
    constraints: str

    def lines(self) -> list[str]:
        """Say what will be done."""
        return [f'set constraints for {self.name} to "{self.constraints}"']


class AddMachine(NamedTuple):
    """Add a machine; ``machine`` is the number that it will get."""

    machine: str
    of_bundle: str = ''

    def lines(self) -> list[str]:
        """Say what will be done."""
        other = self.of_bundle not in ('', self.machine)
        return [
            f'add new machine {self.machine}'
            + (f' (bundle machine {self.of_bundle})' if other else '')
        ]


class Consume(NamedTuple):
    """Make another model's offer known under a name."""

    name: str
    url: str

    def lines(self) -> list[str]:
        """Say what will be done."""
        return [f'consume offer {self.name} at {self.url}']


class MakeOffer(NamedTuple):
    """Offer endpoints of an application, or other ones than before."""

    name: str
    application: str
    endpoints: tuple[str, ...]
    is_there: bool

    def lines(self) -> list[str]:
        """Say what will be done."""
        verb = 'update' if self.is_there else 'create'
        return [f'{verb} offer {self.name} using {self.application}:{",".join(self.endpoints)}']


class Relate(NamedTuple):
    """Relate two applications."""

    first: spec.Endpoint
    second: spec.Endpoint

    def lines(self) -> list[str]:
        """Say what will be done."""
        return [f'add relation {self.first} - {self.second}']


class AddUnit(NamedTuple):
    """Add a unit to a machine, which is new with it if no AddMachine says so."""

    unit: str
    machine: str
    to: str

    def lines(self) -> list[str]:
        """Say what will be done."""
        return [f'add unit {self.unit} to {self.to}']


Change = (
    UploadCharm
    | Deploy
    | Expose
    | SetOptions
    | SetConstraints
    | AddMachine
    | Consume
    | MakeOffer
    | Relate
    | AddUnit
)


def changes(
    bundle: spec.Bundle, there: present.Model, given: Mapping[str, str], base: str
) -> list[Change]:
    """Return what is to be done, in order; nothing if the model is so already.

    Args:
        bundle: It has been verified.
        there: The model.
        given: Machines of the model by the bundle's numbers, as the operator says.
        base: The base where the bundle names none.

    Raises:
        Error: If placements go in a circle, or a machine of the bundle gets no unit.
    """
    found: list[Change] = [*_applications(bundle, there, base)]
    units = placing.place(bundle, there, given)
    found += [AddMachine(*each) for each in units.machines]
    found += [
        Consume(name, url)
        for name, url in sorted(bundle.saas.items())
        if url and name not in there.saas
    ]
    found += [*_offers(bundle, there)]
    for pair in bundle.relations:
        first, second = (spec.endpoint(text) for text in pair)
        assert first is not None and second is not None, 'the bundle has been verified'
        if not there.is_related(first, second):
            found.append(Relate(first, second))
    for unit in units.units:
        if unit.makes_machine:
            found.append(AddMachine(unit.machine))
        found.append(AddUnit(unit.name, unit.machine, unit.to))
    return found


def _applications(
    bundle: spec.Bundle, there: present.Model, default_base: str
) -> Iterator[Change]:
    uploaded: set[str] = set()
    for name in sorted(bundle.applications, key=names.natural):
        wanted, now = bundle.applications[name], there.applications.get(name)
        base = wanted.base or bundle.default_base or default_base
        if now is None:
            if wanted.charm not in uploaded:
                uploaded.add(wanted.charm)
                yield UploadCharm(wanted.charm, base)
            yield Deploy(name, base)
        else:
            # The charm itself stays: of a local one nobody can tell whether it is newer.
            options = {
                key: value
                for key, value in wanted.options.items()
                if key not in now.options or now.options[key] != value
            }
            if options:
                yield SetOptions(name, options)
            if wanted.constraints != now.constraints and not now.subordinate:
                yield SetConstraints(name, wanted.constraints)
        if wanted.exposure and (now is None or wanted.exposure != now.exposure):
            yield Expose(name, wanted.exposure)


def _offers(bundle: spec.Bundle, there: present.Model) -> Iterator[Change]:
    for name, application in sorted(bundle.applications.items()):
        now = there.applications.get(name)
        offered: Mapping[str, tuple[str, ...]] = now.offers if now else {}
        for offer, endpoints in sorted(application.offers.items()):
            if sorted(offered.get(offer, ())) != sorted(endpoints):
                yield MakeOffer(offer, name, endpoints, offer in offered)
