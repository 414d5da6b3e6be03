"""What chaos may do next: a pure function of what it has done so far.

A run is repeated by its seed, so nothing here looks at a clock or at the cluster. Where the role
decides ("the primary"), the role is the target, and whoever has it at that moment is hit.
"""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Mapping
from typing import Literal

Fault = Literal['kill', 'freeze', 'cut']
Kind = Literal[
    'kill', 'freeze', 'cut', 'start', 'thaw', 'heal', 'add', 'remove', 'switchover', 'config',
    'kill-process', 'power-cut', 'lag', 'pause-controller', 'kill-controller', 'wait',
    'roll', 'bad-option',
]  # fmt: skip

MENDS: Mapping[Fault, Literal['start', 'thaw', 'heal']] = {
    'kill': 'start',
    'freeze': 'thaw',
    'cut': 'heal',
}
LEAST, MOST = 3, 5
"""How many units there are: with fewer, a lost primary waits for an operator."""


@dataclasses.dataclass(frozen=True)
class World:
    """What was done to the cluster."""

    units: int
    hurt: Mapping[int, Fault] = dataclasses.field(default_factory=dict[int, Fault])
    """Faults that last, by a number of the order in which they began."""

    begun: int = 0
    """How many faults that last there were."""

    strict: bool = False


@dataclasses.dataclass(frozen=True)
class Step:
    """One thing to do."""

    kind: Kind
    target: str = ''
    number: int = 0
    """Of the fault that lasts, or that is mended."""

    def __str__(self) -> str:
        number = f' #{self.number}' if self.number else ''
        return ' '.join(filter(None, (self.kind, self.target))) + number


def voters(units: int) -> int:
    """Return how many etcd voters an application of so many units has (design, *Voters*)."""
    return units - (units + 1) % 2 if units < 7 else 7


def may_hurt(world: World) -> bool:
    """Tell whether one more unit can be taken away, and the rest still has to serve."""
    return len(world.hurt) < (voters(world.units) - 1) // 2


def possible(world: World) -> dict[Step, int]:
    """Return what may be done next, with its weight."""
    found: dict[Step, int] = {
        Step('wait'): 2,
        Step('pause-controller'): 1,
        Step('kill-controller'): 1,
        Step('roll'): 1,
    }
    for process in ('postgres -D', 'patroni_daemon', '/etcd ', 'pgcharm.watcher'):
        if not world.hurt:
            found[Step('kill-process', f'primary {process}')] = 1
            found[Step('kill-process', f'standby {process}')] = 1
    if may_hurt(world):
        number = world.begun + 1
        for role in ('primary', 'standby'):
            for fault in MENDS:
                found[Step(fault, role, number)] = 3 if role == 'primary' else 2
    for number, fault in world.hurt.items():
        found[Step(MENDS[fault], '', number)] = 8
    if not world.hurt:
        found[Step('switchover')] = 3
        found[Step('power-cut')] = 1
        found[Step('config', 'auto' if world.strict else 'strict')] = 1
        found[Step('lag')] = 2
        found[Step('bad-option')] = 1
        if world.units < MOST:
            found[Step('add')] = 3
        if world.units > LEAST:
            found[Step('remove', 'primary')] = 2
            found[Step('remove', 'standby')] = 2
    return found


def choose(world: World, chance: random.Random) -> Step:
    """Choose the next step."""
    steps = possible(world)
    return chance.choices(list(steps), list(steps.values()))[0]


def after(world: World, step: Step) -> World:
    """Return the world after *step*."""
    hurt = dict(world.hurt)
    begun = world.begun
    if step.kind in ('kill', 'freeze', 'cut'):
        hurt[step.number] = step.kind
        begun = step.number
    elif step.kind in MENDS.values():
        del hurt[step.number]
    units = world.units + {'add': 1, 'remove': -1}.get(step.kind, 0)
    strict = step.target == 'strict' if step.kind == 'config' else world.strict
    return World(units, hurt, begun, strict)


def needs_calm(step: Step) -> bool:
    """Tell whether the step needs a whole cluster: an operator would wait for that, too."""
    calm = ('add', 'remove', 'switchover', 'power-cut', 'lag', 'config', 'bad-option')
    return step.kind in calm
