"""Which machine each new unit of a bundle goes to.

Source: juju: core/bundle/changes/ (handlers.go: unitProcessor; model.go: InferMachineMap).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from .. import errors, names
from . import present, spec


class NewUnit(NamedTuple):
    """A unit that is to be: ``to`` is its place for people, ``makes_machine`` if it was "new"."""

    name: str
    machine: str
    to: str
    makes_machine: bool = False


class Placed(NamedTuple):
    """Machines of the bundle that are new, with its own numbers for them, and the new units."""

    machines: list[tuple[str, str]]
    units: list[NewUnit]


def place(bundle: spec.Bundle, there: present.Model, given: Mapping[str, str]) -> Placed:
    """Give every missing unit its machine.

    Raises:
        Error: If placements go in a circle, or a machine of the bundle gets no unit.
    """
    placer = _Placer(bundle, there, {**given, **_inferred(bundle, there, given)})
    for name in sorted(bundle.machines, key=names.natural):
        if name not in placer.mapped:
            placer.mapped[name] = placer.new_machine()
            placer.added[placer.mapped[name]] = name
    waiting = sorted(bundle.applications)
    while waiting:
        ready = [name for name in waiting if not placer.needs(name) & {*waiting} - {name}]
        if not ready:
            raise errors.Error(f'cycle in placement directives for: {", ".join(waiting)}')
        for name in ready:
            placer.place(name)
            waiting.remove(name)
    placer.check_machines()
    order = {name: index for index, name in enumerate(sorted(bundle.applications))}
    units = sorted(placer.units, key=lambda unit: order[names.unit(unit.name).application])
    return Placed([*placer.added.items()], units)


def _inferred(
    bundle: spec.Bundle, there: present.Model, given: Mapping[str, str]
) -> dict[str, str]:
    """Return which machines of the model are the bundle's, by the units that are on them."""
    found: dict[str, str] = {}
    free = {
        name: [unit for unit in each.units if unit.machine not in given.values()]
        for name, each in there.applications.items()
    }
    open_: dict[str, list[str]] = {}
    for name, application in sorted(bundle.applications.items()):
        for text in application.to:
            place = spec.placement(text)
            if place is None or place.machine in ('', 'new') or place.machine in given:
                continue
            same = [unit for unit in free.get(name, ()) if unit.machine == place.machine]
            if same and place.machine not in found:
                found[place.machine] = place.machine
                free[name].remove(same[0])
            else:
                open_.setdefault(place.machine, []).append(name)
    taken = {*found.values(), *given.values()}
    for machine in sorted(open_, key=names.natural):
        for name in open_[machine] if machine not in found else ():
            if free.get(name) and free[name][0].machine not in taken:
                found[machine] = free[name].pop(0).machine
                break
    return found


class _Placer:
    def __init__(
        self, bundle: spec.Bundle, there: present.Model, mapped: Mapping[str, str]
    ) -> None:
        self.mapped = dict(mapped)
        self.added: dict[str, str] = {}
        self.units: list[NewUnit] = []
        self._bundle = bundle
        self._there = there
        self._next = there.next_machine
        self._beside: dict[tuple[str, str], list[str]] = {}

    def new_machine(self) -> str:
        """Return the number of one more machine."""
        self._next += 1
        return str(self._next - 1)

    def needs(self, name: str) -> set[str]:
        """Return the applications that have to be placed before *name*."""
        places = map(spec.placement, self._bundle.applications[name].to)
        return {place.application for place in places if place and place.application}

    def place(self, name: str) -> None:
        """Place the application's missing units."""
        wanted, now = self._bundle.applications[name], self._there.applications.get(name)
        here = now.machines() if now else ()
        directives = [text for text in wanted.to if not self._is_satisfied(text, here)]
        last = spec.placement(wanted.to[-1]) if wanted.to else None
        # A machine or a unit is named for one unit; "new" and applications for all that follow.
        repeats = last is not None and (
            last.machine == 'new' or (last.application and last.unit is None)
        )
        number = self._there.next_units.get(name, 0)
        for index in range(len(here), wanted.num_units):
            rest = wanted.to[-1] if repeats else ''
            directive = directives.pop(0) if directives else rest
            unit = f'{name}/{number + index - len(here)}'
            self.units.append(self._placed(name, unit, directive))

    def _is_satisfied(self, directive: str, here: tuple[str, ...]) -> bool:
        place = spec.placement(directive)
        assert place is not None, 'the bundle has been verified'
        if place.machine not in ('', 'new'):
            return self.mapped.get(place.machine, '') in here
        if place.application and place.unit is not None:
            return self._there.unit_machine(place.application, place.unit) in here
        return False

    def _placed(self, name: str, unit: str, directive: str) -> NewUnit:
        place = spec.placement(directive) if directive else None
        if place is None:
            machine = self.new_machine()
            return NewUnit(unit, machine, f'new machine {machine}')
        if place.machine == 'new':
            machine = self.new_machine()
            return NewUnit(unit, machine, f'new machine {machine}', makes_machine=True)
        if place.machine:
            machine = self.mapped[place.machine]
            return NewUnit(unit, machine, self._shown(machine))
        machine = self._beside_of(name, place)
        if not machine:
            machine = self.new_machine()
            return NewUnit(unit, machine, f'new machine {machine}')
        return NewUnit(unit, machine, f'{self._shown(machine)} to satisfy [{directive}]')

    def _shown(self, machine: str) -> str:
        kind = 'existing' if machine in self._there.machines else 'new'
        return f'{kind} machine {machine}'

    def _beside_of(self, name: str, place: spec.Placement) -> str:
        """Return the machine of a unit that is named, or of the next that *name* isn't beside."""
        other = place.application
        new = [unit for unit in self.units if names.unit(unit.name).application == other]
        if place.unit is not None:
            wanted = f'{other}/{place.unit}'
            found = [unit.machine for unit in new if unit.name == wanted]
            return self._there.unit_machine(other, place.unit) or (found[0] if found else '')
        if (name, other) not in self._beside:
            now, mine = self._there.applications.get(other), self._there.applications.get(name)
            taken = mine.machines() if mine else ()
            free = {*(now.machines() if now else ())} - {*taken}
            self._beside[name, other] = [
                *sorted(free, key=names.natural),
                *(unit.machine for unit in new),
            ]
        free_now = self._beside[name, other]
        return free_now.pop(0) if free_now else ''

    def check_machines(self) -> None:
        """Refuse a bundle's machine that is new and gets no unit.

        Raises:
            Error: ``bundle and machine mapping are inconsistent: …``.
        """
        used = {unit.machine for unit in self.units}
        for machine, of_bundle in self.added.items():
            if machine in used:
                continue
            free = sorted({*self._there.machines} - {*self.mapped.values()}, key=names.natural)
            listed = ', '.join(f'"{name}"' for name in free)
            perhaps = ''
            if len(free) == 1:
                perhaps = f', perhaps to unreferenced model machine {listed}'
            elif free:
                perhaps = f', perhaps to one of model machines [{listed}]'
            hosts = [
                name
                for name, each in sorted(self._bundle.applications.items())
                if of_bundle in each.to
            ]
            hosting = f' - the target should host [{", ".join(hosts)}]' if hosts else ''
            raise errors.Error(
                'bundle and machine mapping are inconsistent: need an explicit entry mapping '
                f'bundle machine "{of_bundle}"{perhaps}{hosting}'
            )
