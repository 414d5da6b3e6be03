"""Whatever an operator does, and whenever things die, hooks come in Juju's order.

Random scripts run over a model in memory (``simulated``); every invariant of section 2 of the
contract is checked on the traces. ``SOLO_SCRIPTS`` says how many: thousands take a minute.
"""

from __future__ import annotations

import dataclasses
import itertools
import os
from collections.abc import Iterator
from typing import cast

import simulated
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from simulated import ALIVE, Event, World

from solo import model
from solo.agent import operations, resolver

SCRIPTS = int(os.environ.get('SOLO_SCRIPTS', '100'))

apps = st.sampled_from(['a', 'b', 'c'])
number = st.integers(0, 7)
commands = st.one_of(
    st.tuples(st.just('deploy'), apps),
    st.tuples(st.just('add-unit'), apps, st.integers(0, 3)),
    st.tuples(st.just('integrate'), apps, apps),
    st.tuples(st.sampled_from(['config', 'refresh', 'remove-application']), apps),
    st.tuples(st.sampled_from(['remove-relation', 'remove-unit', 'fail', 'action']), number),
    st.tuples(st.sampled_from(['resolved', 'no-retry', 'reboot', 'write', 'write-app']), number),
    st.tuples(st.sampled_from(['kill', 'settle'])),
    st.tuples(st.just('run'), st.lists(number, min_size=5, max_size=60)),
)


@settings(max_examples=SCRIPTS, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.booleans(), st.lists(commands, min_size=3, max_size=25))
def test_whatever_an_operator_does_hooks_come_in_jujus_order(
    is_settled: bool, script: list[tuple[object, ...]]
):
    world = World()
    world.deploy('a')
    world.deploy('b')
    world.add_unit('a')
    world.integrate('a', 'b')
    if is_settled:
        world.settle(lambda: check_leaders(world))

    for command in script:
        perform(world, command)
        check_leaders(world)
    world.settle(lambda: check_leaders(world))

    for unit in {event.unit for event in world.trace}:
        events = [event for event in world.trace if event.unit == unit]
        check_unit(events)
        check_dying(events)
        check_failures(events)
        check_order_of_relations(events)
        for relation in {event.hook.relation for event in events} - {None}:
            check_relation([event for event in events if event.hook.relation == relation])
    check_coalescing(world)
    check_rest(world)


def perform(world: World, command: tuple[object, ...]) -> None:
    """Do one command of the script; what names nothing does nothing."""
    match command:
        case ('deploy', str(name)):
            world.deploy(name)
        case ('add-unit', str(name), int(beside)):
            world.add_unit(name, beside)
        case ('integrate', str(first), str(second)):
            world.integrate(first, second)
        case ('config', str(name)):
            world.change(name, 'config')
        case ('refresh', str(name)):
            world.change(name, 'charm')
        case ('remove-application', str(name)):
            world.remove_application(name)
        case ('remove-relation', int(which)):
            world.remove_relation(which)
        case ('reboot', int(which)):
            world.reboot(1 + which % max(world.machines, 1))
        case ('kill',):
            world.kill()
        case ('settle',):
            world.settle(lambda: check_leaders(world))
        case ('run', turns):
            for turn in cast('list[int]', turns):
                for unit in chosen(world, turn):
                    world.step(unit)
        case (str(verb), int(which)):
            for unit in chosen(world, which):
                to_unit(world, unit, verb, which)
        case _:
            raise AssertionError(f'no such command: {command}')


def chosen(world: World, which: int) -> Iterator[simulated.Unit]:
    """Return the unit that a number means, if there are any."""
    if world.units:
        yield list(world.units.values())[which % len(world.units)]


def to_unit(world: World, unit: simulated.Unit, verb: str, which: int) -> None:
    """Do one command to a unit."""
    match verb:
        case 'remove-unit':
            world.remove_unit(unit)
        case 'fail':
            unit.fails = True
        case 'action':
            unit.actions += 1
        case 'resolved' | 'no-retry':
            if unit.local.pending is not None and unit.busy is None:
                unit.resolved = 'retry' if verb == 'resolved' else 'no-retry'
        case _:
            world.write(unit, which, application=verb == 'write-app')


def done(events: list[Event]) -> list[model.Hook]:
    """Return the hooks that count as run."""
    return [event.hook for event in events if event.how in ('ran', 'skipped')]


def check_leaders(world: World) -> None:
    """6.3: at most one unit of an application has accepted to lead, or is about to resign."""
    for application in world.applications.values():
        led = [
            unit.name
            for unit in world.units.values()
            if unit.application == application.name and unit.local.leader and unit.life is ALIVE
        ]
        assert len(led) <= 1, led


def check_unit(events: list[Event]) -> None:
    """2.3: storage, install, ...; the first config-changed, then start; stop, then remove."""
    kinds = [hook.kind for hook in done(events)]
    for once in ('install', 'stop', 'remove', 'storage-attached', 'storage-detaching'):
        assert kinds.count(once) <= 1, kinds
    if 'install' in kinds:
        assert kinds[:2] == ['storage-attached', 'install'], kinds
    else:
        assert set(kinds) <= {'storage-attached', 'storage-detaching'}, kinds
    boots = {event.snapshot.boot_id for event in events}
    assert kinds.count('start') <= len(boots), kinds
    if 'start' in kinds:
        assert kinds[kinds.index('start') - 1] == 'config-changed', kinds
        assert kinds.index('config-changed') == kinds.index('start') - 1, kinds
    for before, after in itertools.pairwise(kinds):
        assert before != 'upgrade-charm' or after == 'config-changed', kinds
    if 'remove' in kinds:
        assert kinds[-1] == 'remove', kinds
    if 'stop' in kinds:
        assert 'start' in kinds[: kinds.index('stop')], kinds
        assert set(kinds[kinds.index('stop') + 1 :]) <= {'remove'}, kinds


def check_dying(events: list[Event]) -> None:
    """2.6: what a dying unit is still told, and whom it names as the departing one."""
    never = {'install', 'relation-created', 'config-changed', 'leader-elected', 'upgrade-charm'}
    for event in events:
        was_waiting = event.hook in (event.before.pending, event.before.queued)
        if event.snapshot.life is not ALIVE and not was_waiting:
            assert event.hook.kind not in never, event
            assert event.hook.kind != 'relation-joined', event
            # A machine that came up again says so to a dying unit, too (2.2, step 1).
            is_boot = event.before.boot_id != event.snapshot.boot_id
            assert event.hook.kind != 'start' or is_boot, event
        if event.hook.kind == 'relation-departed' and not was_waiting:
            is_alive = (event.snapshot.life, event.snapshot.application_life) == (ALIVE, ALIVE)
            expected = event.hook.remote_unit if is_alive else event.unit
            assert event.hook.departing_unit == expected, event


def check_failures(events: list[Event]) -> None:
    """2.9: what failed or was interrupted is what the unit does next, or skips."""
    for before, after in itertools.pairwise(events):
        if before.how in ('failed', 'interrupted'):
            assert after.hook == before.hook, (before, after)


def check_relation(events: list[Event]) -> None:
    """2.4, 2.5: created, (joined, changed, departed)*, broken; peers are never broken."""
    hooks = done(events)
    members = set[str]()
    for place, hook in enumerate(hooks):
        kind, unit = hook.kind, str(hook.remote_unit)
        assert (kind == 'relation-created') == (place == 0), hooks
        following = hooks[place + 1] if place + 1 < len(hooks) else None
        if kind == 'relation-joined':
            assert unit not in members, hooks
            members.add(unit)
            if following is not None:
                assert (following.kind, following.remote_unit) == ('relation-changed', unit), hooks
        elif kind == 'relation-departed':
            assert unit in members, hooks
            members.remove(unit)
        elif kind == 'relation-changed':
            assert hook.remote_unit is None or unit in members, hooks
        elif kind == 'relation-broken':
            assert not members and following is None and hook.endpoint != 'ring', hooks
    for event in events:
        view = event.snapshot.relations.get(event.hook.relation or 0)
        if event.hook.kind == 'relation-changed' and event.hook.remote_unit is None and view:
            assert all(view.applications.values()), 'a bag that was never written was told'


def check_order_of_relations(events: list[Event]) -> None:
    """2.4, 2.6: peers after all others, and no stop before all that is not a peer is broken."""
    created: set[int] = set()
    broken: set[int] = set()
    for event in events:
        hook, pending = event.hook, event.before.pending or event.before.queued
        if hook.endpoint == 'ring' and hook.kind != 'relation-created' and pending is None:
            others = {
                row: view for row, view in event.snapshot.relations.items() if not view.is_peer
            }
            without_peers = dataclasses.replace(event.snapshot, relations=others)
            operation = resolver.next_operation(event.before, without_peers)
            is_other = isinstance(operation, operations.RunHook) and operation.hook.relation
            assert not is_other, (event, operation)
        if event.how in ('ran', 'skipped') and hook.relation is not None and hook.endpoint == 'db':
            (created if hook.kind == 'relation-created' else set[int]()).add(hook.relation)
            (broken if hook.kind == 'relation-broken' else set[int]()).add(hook.relation)
        if hook.kind == 'stop':
            assert created == broken, events


def check_coalescing(world: World) -> None:
    """2.8: no more config-changed than changes of config, charm and storms of them allow."""
    for unit in {event.unit for event in world.trace}:
        events = [event for event in world.trace if event.unit == unit]
        kinds = [hook.kind for hook in done(events)]
        changes = world.changes.get(unit.partition('/')[0], 0)
        assert kinds.count('upgrade-charm') <= changes
        assert kinds.count('config-changed') <= 1 + 2 * changes


def check_rest(world: World) -> None:
    """Everything that was removed is gone, and everybody knows all there is to know."""
    assert all(each.life is ALIVE for each in world.applications.values())
    assert all(each.life is ALIVE for each in world.relations.values())
    for unit in world.units.values():
        snapshot = world.snapshot(unit)
        assert unit.life is ALIVE
        assert unit.local.started
        assert (unit.local.charm, unit.local.config_hash) == (snapshot.charm, snapshot.config_hash)
        assert unit.local.boot_id == snapshot.boot_id
        assert unit.local.leader == snapshot.is_leader
        assert set(unit.local.relations) == set(snapshot.relations)
        for row, view in snapshot.relations.items():
            known = unit.local.relations[row]
            others = {
                name
                for name, other in world.units.items()
                if other.application == view.remote_app and name != unit.name
            }
            assert dict(known.members) == dict(view.members)
            assert set(view.members) == others
    leaders = [app.leader for app in world.applications.values()]
    for application, leader in zip(world.applications.values(), leaders, strict=True):
        has_units = any(unit.application == application.name for unit in world.units.values())
        assert (leader in world.units) == has_units
