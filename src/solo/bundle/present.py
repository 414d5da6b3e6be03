"""What a model has now, as far as a bundle can ask for it."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, NamedTuple

from . import spec


class Unit(NamedTuple):
    """A unit and its machine."""

    name: str
    machine: str


@dataclasses.dataclass(frozen=True)
class Application:
    """An application of the model.

    Attributes:
        charm: Its URL, ``local:name-0``.
        options: Those that were set.
        constraints: As text, in order.
        exposure: Networks by endpoint, as in :attr:`spec.Application.exposure`.
        units: In the order of their numbers; a subordinate's are not among them.
        offers: Endpoints by the offer's name.
    """

    charm: str
    options: Mapping[str, Any] = dataclasses.field(default_factory=dict[str, Any])
    constraints: str = ''
    exposure: Mapping[str, tuple[str, ...]] = dataclasses.field(
        default_factory=dict[str, 'tuple[str, ...]']
    )
    units: tuple[Unit, ...] = ()
    subordinate: bool = False
    offers: Mapping[str, tuple[str, ...]] = dataclasses.field(
        default_factory=dict[str, 'tuple[str, ...]']
    )
    base: str = ''

    def machines(self) -> tuple[str, ...]:
        """Return the machines of its units."""
        return tuple(unit.machine for unit in self.units)


@dataclasses.dataclass(frozen=True)
class Model:
    """A model; numbers of machines and units that come next are in ``next``."""

    applications: Mapping[str, Application] = dataclasses.field(
        default_factory=dict[str, Application]
    )
    machines: tuple[str, ...] = ()
    relations: frozenset[frozenset[spec.Endpoint]] = frozenset()
    saas: Mapping[str, str] = dataclasses.field(default_factory=dict[str, str])
    next_machine: int = 0
    next_units: Mapping[str, int] = dataclasses.field(default_factory=dict[str, int])

    def is_related(self, first: spec.Endpoint, second: spec.Endpoint) -> bool:
        """Tell whether there is such a relation; an endpoint without a name is any."""
        return any(
            all(any(_is(end, there) for there in relation) for end in (first, second))
            for relation in self.relations
        )

    def unit_machine(self, application: str, number: int) -> str:
        """Return the machine of a unit, '' if there is no such unit."""
        there = self.applications.get(application)
        units = there.units if there else ()
        name = f'{application}/{number}'
        return next((unit.machine for unit in units if unit.name == name), '')


def _is(asked: spec.Endpoint, there: spec.Endpoint) -> bool:
    return asked.application == there.application and asked.name in ('', there.name)
