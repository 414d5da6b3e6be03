"""Juju's model in memory, driven by an operator's script: what the agents' resolver lives in.

It knows only what sections 2 and 6 of the contract say of scopes, lives and leaders, and keeps
a trace of every hook. Operations begin and end apart from each other, so that the world changes
while a hook runs, and the controller can die in between.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

from hook_api import SNAPSHOT

from solo import model
from solo.agent import operations, resolver, transitions

ALIVE, DYING = model.Life.ALIVE, model.Life.DYING


@dataclasses.dataclass
class Application:
    """An application: every one has a peer relation, ``data`` storage and both ends of ``db``."""

    name: str
    life: model.Life = ALIVE
    config: int = 1
    charm: int = 1
    units: int = 0
    leader: str | None = None


@dataclasses.dataclass
class Relation:
    """A relation; a peer relation has one application. Members: scope and version of the bag."""

    id: int
    applications: tuple[str, ...]
    life: model.Life = ALIVE
    members: dict[str, list[str | int]] = dataclasses.field(
        default_factory=dict[str, 'list[str | int]']
    )
    bags: dict[str, int] = dataclasses.field(default_factory=dict[str, int])


@dataclasses.dataclass
class Unit:
    """A unit, and what it is doing: the snapshot before its operation, and the operation."""

    name: str
    application: str
    machine: int
    local: model.LocalState = dataclasses.field(default_factory=model.LocalState)
    life: model.Life = ALIVE
    attached: bool | None = False  # its storage; None once it is detached
    boots: int = 0
    resolved: str | None = None
    fails: bool = False
    actions: int = 0
    busy: tuple[model.Snapshot, operations.Operation] | None = None


@dataclasses.dataclass(frozen=True)
class Event:
    """One hook that ended: ``ran``, ``failed``, ``skipped`` or ``interrupted``."""

    unit: str
    how: str
    hook: model.Hook
    before: model.LocalState
    snapshot: model.Snapshot


class World:
    """One model."""

    def __init__(self) -> None:
        self.applications: dict[str, Application] = {}
        self.relations: dict[int, Relation] = {}
        self.units: dict[str, Unit] = {}
        self.trace: list[Event] = []
        self.counts: dict[str, int] = {}
        self.machines = 0
        self.relation_ids = 0
        self.changes: dict[str, int] = {}  # of config and charm, by application

    # -- the operator --------------------------------------------------------------------------
    def deploy(self, name: str) -> None:
        """Add an application with one unit, unless it is there."""
        if name not in self.applications:
            self.applications[name] = Application(name)
            self._relate(name)
            self.add_unit(name)

    def add_unit(self, name: str, beside: int = 0) -> None:
        """Add a unit, on a machine that is there if *beside* isn't 0."""
        application = self.applications.get(name)
        if application is None or application.life is not ALIVE:
            return
        number = self.counts[name] = self.counts.get(name, -1) + 1
        if not beside or not self.machines:
            self.machines += 1
        machine = self.machines if not beside else 1 + beside % self.machines
        self.units[f'{name}/{number}'] = Unit(f'{name}/{number}', name, machine)

    def integrate(self, first: str, second: str) -> None:
        """Relate two applications, once."""
        pair = tuple(sorted((first, second)))
        apps = [self.applications.get(name) for name in pair]
        is_there = any(each.applications == pair for each in self.relations.values())
        if first != second and not is_there and all(app and app.life is ALIVE for app in apps):
            self._relate(*pair)

    def _relate(self, *pair: str) -> None:
        self.relations[self.relation_ids] = Relation(
            self.relation_ids, pair, bags=dict.fromkeys(pair, 0)
        )
        self.relation_ids += 1

    def remove_relation(self, number: int) -> None:
        """Make a relation dying."""
        pairs = [each for each in self.relations.values() if len(each.applications) == 2]
        if pairs:
            pairs[number % len(pairs)].life = DYING
            self._sweep()

    def remove_unit(self, unit: Unit) -> None:
        """Make a unit dying; the others see it depart."""
        unit.life = DYING
        for relation in self.relations.values():
            if relation.members.get(unit.name, ['left'])[0] == 'in':
                relation.members[unit.name][0] = 'departing'

    def remove_application(self, name: str) -> None:
        """Make an application dying, with its units and relations."""
        application = self.applications.get(name)
        if application is None:
            return
        application.life = DYING
        for unit in self.units.values():
            if unit.application == name:
                self.remove_unit(unit)
        for relation in self.relations.values():
            if name in relation.applications and len(relation.applications) == 2:
                relation.life = DYING
        self._sweep()

    def change(self, name: str, what: str) -> None:
        """Change an application's ``config`` or ``charm``."""
        application = self.applications.get(name)
        if application is not None:
            setattr(application, what, getattr(application, what) + 1)
            self.changes[name] = self.changes.get(name, 0) + 1

    def write(self, unit: Unit, number: int, *, application: bool) -> None:
        """Write to a bag that the unit may write to."""
        mine = [each for each in self.relations.values() if unit.name in each.members]
        if not mine:
            return
        relation = mine[number % len(mine)]
        if not application:
            relation.members[unit.name][1] = int(relation.members[unit.name][1]) + 1
        elif self.applications[unit.application].leader == unit.name:
            relation.bags[unit.application] += 1

    def reboot(self, machine: int) -> None:
        """Start a machine again: what ran on it is interrupted."""
        for unit in self.units.values():
            if unit.machine == machine:
                self.interrupt(unit)
                unit.boots += 1

    def kill(self) -> None:
        """Kill the controller."""
        for unit in self.units.values():
            self.interrupt(unit)

    def interrupt(self, unit: Unit) -> None:
        """End what the unit does, as a crash does."""
        if unit.busy is None:
            return
        snapshot, operation = unit.busy
        unit.busy = None
        if isinstance(operation, operations.RunHook):
            before = unit.local
            unit.local = transitions.interrupted(before, operation.hook)
            self._note(unit, 'interrupted', operation.hook, before, snapshot)

    # -- the agents ----------------------------------------------------------------------------
    def step(self, unit: Unit) -> bool:
        """Begin the unit's next operation, or end the one that it does; False: nothing to do."""
        if unit.busy is not None:
            self._end(unit)
            return True
        if any(each.busy for each in self.units.values() if each.machine == unit.machine):
            return False  # the machine's lock
        self._claim(unit)
        if unit.attached is False:
            unit.attached = True  # the provisioner
        snapshot = self.snapshot(unit)
        operation = resolver.next_operation(unit.local, snapshot)
        if isinstance(operation, (operations.Idle, operations.Wait)):
            return False
        if isinstance(operation, operations.RunHook):
            unit.resolved = None
            if operation.hook.kind == 'relation-created':
                self._enter(unit, operation.hook.relation)
        unit.busy = snapshot, operation
        return True

    def _end(self, unit: Unit) -> None:
        assert unit.busy is not None
        snapshot, operation = unit.busy
        unit.busy = None
        before = unit.local
        if isinstance(operation, operations.RunHook) and unit.fails:
            unit.fails = False
            unit.local = dataclasses.replace(
                transitions.failed(before, operation, snapshot.now), retry_at=None
            )
            self._note(unit, 'failed', operation.hook, before, snapshot)
            return
        unit.local = transitions.committed(before, snapshot, operation)
        match operation:
            case operations.RunHook(hook):
                self._note(unit, 'ran', hook, before, snapshot)
            case operations.SkipHook(hook):
                unit.resolved = None
                self._note(unit, 'skipped', hook, before, snapshot)
            case operations.RunAction():
                unit.actions -= 1
            case operations.EnterScope(relation=number):
                self._enter(unit, number)
            case operations.LeaveScope(relation=number):
                self.relations[number].members[unit.name][0] = 'left'
            case operations.DetachStorage():
                unit.attached = None
            case operations.Terminate():
                self._gone(unit)
            case _:
                pass
        self._sweep()

    def _note(
        self,
        unit: Unit,
        how: str,
        hook: model.Hook,
        before: model.LocalState,
        snapshot: model.Snapshot,
    ) -> None:
        self.trace.append(Event(unit.name, how, hook, before, snapshot))

    def _claim(self, unit: Unit) -> None:
        application = self.applications[unit.application]
        if application.leader is None and unit.life is ALIVE:
            application.leader = unit.name

    def _enter(self, unit: Unit, number: int | None) -> None:
        if number in self.relations:
            self.relations[number].members.setdefault(unit.name, ['in', 1])

    def _gone(self, unit: Unit) -> None:
        del self.units[unit.name]
        for relation in self.relations.values():
            if unit.name in relation.members:
                relation.members[unit.name][0] = 'left'
        application = self.applications[unit.application]
        if application.leader == unit.name:
            application.leader = None

    def _sweep(self) -> None:
        for relation in list(self.relations.values()):
            is_held = any(scope != 'left' for scope, _ in relation.members.values())
            if relation.life is not ALIVE and not is_held:
                del self.relations[relation.id]
        for application in list(self.applications.values()):
            name = application.name
            is_held = any(unit.application == name for unit in self.units.values()) or any(
                name in each.applications and len(each.applications) == 2
                for each in self.relations.values()
            )
            if application.life is not ALIVE and not is_held:
                del self.applications[name]
                for relation in list(self.relations.values()):
                    if relation.applications == (name,):
                        del self.relations[relation.id]

    # -- what a unit sees ----------------------------------------------------------------------
    def snapshot(self, unit: Unit) -> model.Snapshot:
        """Return what the unit may know now."""
        application = self.applications[unit.application]
        storage = model.StorageView('data/0', 'filesystem', '/srv', ALIVE, bool(unit.attached))
        return dataclasses.replace(
            SNAPSHOT,
            unit=unit.name,
            life=unit.life,
            application_life=application.life,
            charm=application.charm,
            charm_modified=application.charm,
            config_hash=f'c{application.config}',
            is_leader=application.leader == unit.name,
            relations={
                each.id: self._view(unit, each)
                for each in self.relations.values()
                if unit.application in each.applications
            },
            storage=() if unit.attached is None else (storage,),
            actions=tuple(range(unit.actions)),
            resolved=unit.resolved,
            boot_id=f'b{unit.boots}',
        )

    def _view(self, unit: Unit, relation: Relation) -> model.RelationView:
        is_peer = len(relation.applications) == 1
        other = next(
            (name for name in relation.applications if name != unit.application), unit.application
        )
        return model.RelationView(
            id=relation.id,
            endpoint='ring' if is_peer else 'db',
            role='peers' if is_peer else 'requires',
            interface='x',
            scope='global',
            remote_app=other,
            life=relation.life,
            in_scope=relation.members.get(unit.name, ['left'])[0] in ('in', 'departing'),
            members={
                name: int(version)
                for name, (scope, version) in relation.members.items()
                if scope == 'in' and name != unit.name and name.partition('/')[0] == other
            },
            applications={other: relation.bags[other]},
        )

    # -- the end -------------------------------------------------------------------------------
    def settle(self, check: Callable[[], None], limit: int = 5000) -> None:
        """Resolve every error and let everybody run until nobody has anything to do."""
        for _ in range(limit):
            check()
            moved = False
            for unit in list(self.units.values()):
                unit.fails = False
                if unit.local.pending is not None and unit.busy is None:
                    unit.resolved = 'retry'
                moved = self.step(unit) or moved
            if not moved:
                return
        raise AssertionError('the model does not come to rest')
