"""Which operation is next: the contract's section 2 and the rows of its section 8."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from hook_api import INSTALLED, SNAPSHOT, relation
from hypothesis import given
from hypothesis import strategies as st

from solo import model
from solo.agent import operations, resolver, transitions

NEW = model.LocalState()
DYING = model.Life.DYING
PEER = relation(
    1, endpoint='peer', role='peers', remote_app='app', members={}, applications={'app': 0}
)


def world(**changes: Any) -> model.Snapshot:
    return dataclasses.replace(SNAPSHOT, **changes)


def unit(**changes: Any) -> model.LocalState:
    return dataclasses.replace(INSTALLED, **changes)


def related(*views: model.RelationView) -> dict[int, model.RelationView]:
    return {view.id: view for view in views}


def told(members: dict[str, int], **changes: Any) -> dict[int, model.RelationState]:
    return {3: model.RelationState(members, **changes)}


def storage(name: str = 'data/0', **changes: Any) -> model.StorageView:
    view = model.StorageView(name, 'filesystem', '/srv/data', model.Life.ALIVE, attached=True)
    return dataclasses.replace(view, **changes)


def after(
    local: model.LocalState, snapshot: model.Snapshot, limit: int = 50
) -> tuple[list[operations.Operation], model.LocalState]:
    """Do everything that is next until nothing is, and return it with the state reached."""
    done: list[operations.Operation] = []
    while len(done) < limit:
        operation = resolver.next_operation(local, snapshot)
        if isinstance(operation, (operations.Idle, operations.Wait, operations.Terminate)):
            return [*done, operation], local
        done.append(operation)
        local = transitions.committed(local, snapshot, operation)
        snapshot = consequence(snapshot, operation)
    raise AssertionError(f'still busy: {done}')


def consequence(snapshot: model.Snapshot, operation: operations.Operation) -> model.Snapshot:
    """Return the world after the controller noted what the unit did."""
    views = dict(snapshot.relations)
    match operation:
        case operations.EnterScope(relation=row) | operations.LeaveScope(relation=row):
            is_in = isinstance(operation, operations.EnterScope)
            views[row] = dataclasses.replace(views[row], in_scope=is_in)
        case operations.RunHook(hook) if hook.kind == 'relation-created':
            assert hook.relation is not None
            views[hook.relation] = dataclasses.replace(views[hook.relation], in_scope=True)
        case operations.RunHook(hook) if hook.kind == 'update-status':
            return dataclasses.replace(snapshot, update_status_due=False)
        case operations.RunHook(hook) if hook.kind in ('secret-rotate', 'secret-expired'):
            left = tuple(
                event
                for event in snapshot.secrets
                if (event.kind, event.id) != (hook.kind, hook.secret)
            )
            return dataclasses.replace(snapshot, secrets=left)
        case operations.RunAction(task):
            left = tuple(each for each in snapshot.actions if each != task)
            return dataclasses.replace(snapshot, actions=left)
        case operations.RunCommands():
            return dataclasses.replace(snapshot, commands=snapshot.commands[1:])
        case operations.DetachStorage(storage=name):
            left = tuple(view for view in snapshot.storage if view.id != name)
            return dataclasses.replace(snapshot, storage=left)
        case _:
            pass
    return dataclasses.replace(snapshot, relations=views)


def hooks(local: model.LocalState, snapshot: model.Snapshot) -> list[str]:
    """Return the names of all hooks until the unit rests, with the unit they are about."""
    done, _ = after(local, snapshot)
    return [
        f'{hook.name} {hook.remote_unit}' if hook.remote_unit else hook.name
        for operation in done
        if isinstance(operation, operations.RunHook)
        for hook in (operation.hook,)
    ]


# -- deploy, contract 2.3 ----------------------------------------------------------------------


def test_a_leader_is_deployed_in_jujus_order():
    """Rows 1 and 2: storage, install, created, leader-elected, config-changed, start."""
    snapshot = world(
        relations=related(PEER, relation(3, in_scope=False, members={})), storage=(storage(),)
    )

    assert hooks(NEW, snapshot) == [
        'data-storage-attached',
        'install',
        'db-relation-created',
        'peer-relation-created',
        'leader-elected',
        'config-changed',
        'start',
    ]


def test_install_waits_for_storage_without_being_idle():
    """Row 1."""
    done, _ = after(NEW, world(storage=(storage(attached=False),)))

    assert done == [operations.Unpack(1), operations.Wait()]


def test_storage_added_later_does_not_hold_anything_up():
    snapshot = world(storage=(storage(attached=False),), config_hash='c2')

    assert hooks(unit(), snapshot) == ['config-changed']


def test_another_unit_is_told_of_the_leaders_settings_instead():
    snapshot = world(is_leader=False)

    assert hooks(NEW, snapshot) == [
        'install',
        'leader-settings-changed',
        'config-changed',
        'start',
    ]


def test_start_follows_the_first_config_changed_only():
    """Row 3."""
    assert hooks(unit(config_hash='old'), world()) == ['config-changed']


def test_only_commands_come_between_the_first_config_changed_and_start():
    local = unit(started=False, queued=model.Hook('start'), leader=False)
    commands = model.Commands(1, 'true')
    snapshot = world(
        commands=(commands,),
        actions=(7,),
        relations=related(relation(in_scope=False)),
        secrets=(model.SecretEvent('secret-changed', 'x', '', 2),),
    )

    done, _ = after(local, snapshot)

    assert done[:2] == [
        operations.RunCommands(commands),
        operations.RunHook(model.Hook('start')),
    ]


def test_a_change_of_the_leaders_settings_is_told_to_others_only():
    assert hooks(unit(leader=False), world(is_leader=False, leader_settings='l2')) == [
        'leader-settings-changed'
    ]
    assert hooks(unit(), world(leader_settings='l2')) == []


# -- config and charm --------------------------------------------------------------------------


def test_the_same_config_runs_no_hook():
    """Row 5."""
    assert hooks(unit(), world()) == []


def test_many_changes_are_one_hook():
    """Row 6: only the difference counts, not how it came about."""
    assert hooks(unit(config_hash='c0'), world(config_hash='c10')) == ['config-changed']


def test_config_goes_ahead_of_a_waiting_join():
    """Row 7."""
    local = unit(config_hash='old', relations=told({}))

    assert hooks(local, world(relations=related(relation()))) == [
        'config-changed',
        'db-relation-joined pg/0',
        'db-relation-changed pg/0',
    ]


def test_an_upgrade_runs_upgrade_charm_then_config_changed():
    """Row 46."""
    done, local = after(unit(), world(charm=2, charm_modified=2))

    assert done == [
        operations.Unpack(2),
        operations.RunHook(model.Hook('upgrade-charm')),
        operations.RunHook(model.Hook('config-changed')),
        operations.Idle(),
    ]
    assert (local.charm, local.charm_modified) == (2, 2)


def test_a_new_resource_counts_as_an_upgrade():
    assert hooks(unit(), world(charm_modified=2)) == ['upgrade-charm', 'config-changed']


def test_update_status_runs_when_nothing_else_is_wanted():
    snapshot = world(update_status_due=True, config_hash='c2')

    assert hooks(unit(), snapshot) == ['config-changed', 'update-status']


def test_unpacking_that_failed_is_tried_again_later():
    local = transitions.failed(NEW, operations.Unpack(1), now=1000.0)

    assert resolver.next_operation(local, world(now=1004.0)) == operations.Wait(1005.0)
    assert resolver.next_operation(local, world(now=1005.0)) == operations.Unpack(1)


# -- relations, contract 2.4 and 2.5 -----------------------------------------------------------


def test_changed_follows_joined_in_its_relation_even_if_the_unit_went():
    """Row 8."""
    local = unit(relations=told({'pg/0': 1}, changed_pending='pg/0'))

    assert hooks(local, world(relations=related(relation(members={})))) == [
        'db-relation-changed pg/0',
        'db-relation-departed pg/0',
    ]


def test_the_application_is_told_of_before_a_join_and_only_if_it_ever_wrote():
    """Row 9."""
    never = world(relations=related(relation()))
    wrote = world(relations=related(relation(applications={'pg': 2})))

    assert hooks(unit(relations=told({})), never)[0] == 'db-relation-joined pg/0'
    assert hooks(unit(relations=told({})), wrote)[0] == 'db-relation-changed'


def test_a_version_that_was_seen_triggers_nothing():
    """Row 10."""
    local = unit(relations=told({'pg/0': 1}, applications={'pg': 2}))

    assert hooks(local, world(relations=related(relation(applications={'pg': 2})))) == []


def test_the_leader_is_told_of_its_own_write_to_the_peers_bag():
    """Row 11."""
    local = unit(relations={1: model.RelationState()})
    view = dataclasses.replace(PEER, applications={'app': 1})

    assert hooks(local, world(relations=related(view))) == ['peer-relation-changed']


def test_created_runs_without_any_remote_unit():
    """Row 12."""
    view = relation(in_scope=False, members={})

    assert hooks(unit(), world(relations=related(view))) == ['db-relation-created']


def test_an_implicit_relation_runs_no_hooks():
    view = relation(in_scope=False, implicit=True)

    done, _ = after(unit(), world(relations=related(view)))

    assert done == [operations.EnterScope(3), operations.Idle()]


def test_departures_go_before_joins_and_names_are_sorted_as_text():
    local = unit(relations=told({'pg/10': 1, 'pg/2': 1}))
    view = relation(members={'pg/9': 1, 'pg/30': 1})

    assert hooks(local, world(relations=related(view))) == [
        'db-relation-departed pg/10',
        'db-relation-departed pg/2',
        'db-relation-joined pg/30',
        'db-relation-changed pg/30',
        'db-relation-joined pg/9',
        'db-relation-changed pg/9',
    ]


def test_a_removed_relation_departs_breaks_and_is_left():
    """Row 15: each side sees the other's unit as the departing one."""
    local = unit(relations=told({'pg/0': 1}))
    view = relation(life=DYING)

    done, reached = after(local, world(relations=related(view)))

    first, second = (
        operation.hook for operation in done if isinstance(operation, operations.RunHook)
    )
    assert (first.kind, first.remote_unit, first.departing_unit) == (
        'relation-departed',
        'pg/0',
        'pg/0',
    )
    assert (second.kind, second.remote_app, second.remote_unit) == ('relation-broken', 'pg', None)
    assert done[2:] == [operations.LeaveScope(3), operations.Idle()]
    assert reached.relations == {}


def test_a_relation_that_only_was_created_still_breaks():
    local = unit(relations=told({}))

    assert hooks(local, world(relations=related(relation(life=DYING)))) == ['db-relation-broken']


def test_a_relation_that_dies_before_created_is_left_without_hooks():
    done, _ = after(unit(), world(relations=related(relation(life=DYING))))

    assert done == [operations.LeaveScope(3), operations.Idle()]


def test_peers_come_last():
    """Row 16."""
    local = unit(relations={1: model.RelationState(), **told({})})
    peer = dataclasses.replace(PEER, members={'app/1': 1})

    assert hooks(local, world(relations=related(peer, relation()))) == [
        'db-relation-joined pg/0',
        'db-relation-changed pg/0',
        'peer-relation-joined app/1',
        'peer-relation-changed app/1',
    ]


# -- the end of a unit, contract 2.6 -----------------------------------------------------------


def test_a_dying_unit_ends_in_jujus_order():
    """Rows 13, 14 and 16: itself departs, and no peer relation breaks."""
    local = unit(
        relations={1: model.RelationState({'app/1': 1}), **told({'pg/0': 1})},
        storage=frozenset({'data/0'}),
    )
    peer = dataclasses.replace(PEER, members={'app/1': 1})
    snapshot = world(
        life=DYING, relations=related(peer, relation()), storage=(storage(),), is_leader=False
    )

    done, _ = after(local, snapshot)

    assert hooks(local, snapshot) == [
        'data-storage-detaching',
        'db-relation-departed pg/0',
        'db-relation-broken',
        'peer-relation-departed app/1',
        'stop',
        'remove',
    ]
    departing = [
        operation.hook.departing_unit
        for operation in done
        if isinstance(operation, operations.RunHook) and operation.hook.kind == 'relation-departed'
    ]
    assert departing == ['app/0', 'app/0']
    assert done[0] == operations.ResignLeadership()
    assert done[-1] == operations.Terminate()


def test_a_survivor_sees_the_other_unit_depart():
    """Row 14."""
    local = unit(relations={1: model.RelationState({'app/1': 1})})

    operation = resolver.next_operation(local, world(relations=related(PEER)))

    assert isinstance(operation, operations.RunHook)
    assert operation.hook.departing_unit == 'app/1'


def test_a_dying_application_departs_itself():
    local = unit(relations=told({'pg/0': 1}))
    snapshot = world(application_life=DYING, relations=related(relation(life=DYING)))

    operation = resolver.next_operation(local, snapshot)

    assert isinstance(operation, operations.RunHook)
    assert operation.hook.departing_unit == 'app/0'


def test_a_unit_that_never_was_unpacked_goes_without_hooks():
    assert resolver.next_operation(NEW, world(life=DYING)) == operations.Terminate()


def test_a_unit_that_was_not_installed_only_detaches():
    local = model.LocalState(charm=1, queued=model.Hook('install'), storage=frozenset({'data/0'}))

    assert hooks(local, world(life=DYING, storage=(storage(),))) == ['data-storage-detaching']


def test_a_unit_that_was_not_started_does_not_stop():
    assert hooks(unit(started=False), world(life=DYING)) == ['remove']


def test_a_principal_waits_for_its_subordinates_before_remove():
    done, _ = after(unit(), world(life=DYING, has_subordinates=True))

    assert done[-2:] == [operations.RunHook(model.Hook('stop')), operations.Idle()]


def test_a_failed_hook_holds_up_the_end():
    local = unit(pending=model.Hook('config-changed'), attempts=1, retry_at=2000.0)

    done, _ = after(local, world(life=DYING))

    assert done == [operations.ResignLeadership(), operations.Wait(2000.0)]


def test_a_dead_unit_terminates_whatever_it_did():
    local = unit(pending=model.Hook('stop'), attempts=1)

    assert resolver.next_operation(local, world(life=model.Life.DEAD)) == operations.Terminate()


def test_actions_run_while_dying():
    assert resolver.next_operation(
        unit(leader=False), world(life=DYING, actions=(4,))
    ) == operations.RunAction(4)


# -- failure, contract 2.9 ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ('failures', 'seconds'), [(1, 5), (2, 10), (3, 20), (6, 160), (7, 300), (50, 300)]
)
def test_retries_come_ever_later(failures: int, seconds: float):
    """Row 37."""
    local = unit()
    for _ in range(failures):
        local = transitions.failed(local, operations.RunHook(model.Hook('start')), now=0.0)

    assert local.retry_at == seconds


def test_a_retry_that_succeeds_starts_the_waiting_anew():
    hook = model.Hook('config-changed')
    local = unit(pending=hook, attempts=4, retry_at=0.0)

    done, reached = after(local, world())

    assert done == [operations.RunHook(hook), operations.Idle()]
    assert (reached.pending, reached.attempts, reached.retry_at) == (None, 0, None)


def test_without_automatic_retries_only_the_operator_goes_on():
    hook = model.Hook('config-changed')
    local = unit(pending=hook, attempts=1, retry_at=0.0)

    assert resolver.next_operation(local, world(retry_hooks=False)) == operations.Wait()
    assert resolver.next_operation(
        local, world(retry_hooks=False, resolved='retry')
    ) == operations.RunHook(hook)


def test_resolved_without_retry_counts_as_run():
    """Row 37."""
    local = unit(pending=model.Hook('config-changed'), config_hash='old', attempts=1)
    snapshot = world(resolved='no-retry', config_hash='c2')

    operation = resolver.next_operation(local, snapshot)

    assert operation == operations.SkipHook(model.Hook('config-changed'))
    assert transitions.committed(local, snapshot, operation).config_hash == 'c2'


def test_only_actions_and_commands_run_in_error():
    """Row 38."""
    local = unit(pending=model.Hook('start'), attempts=1, retry_at=2000.0, config_hash='old')
    snapshot = world(
        actions=(4,), commands=(model.Commands(1, 'x'),), relations=related(relation())
    )

    done, _ = after(local, snapshot)

    assert done == [
        operations.RunAction(4),
        operations.RunCommands(model.Commands(1, 'x')),
        operations.Wait(2000.0),
    ]


def test_a_hook_ended_by_a_signal_runs_next():
    hook = model.Hook('config-changed')

    local = transitions.terminated(unit(config_hash='old'), hook)

    assert resolver.next_operation(local, world()) == operations.RunHook(hook)


def test_a_hook_whose_relation_is_gone_is_skipped():
    hook = model.Hook('relation-changed', endpoint='db', relation=3, remote_unit='pg/0')
    local = unit(pending=hook, attempts=1, relations=told({'pg/0': 1}))

    done, reached = after(local, world())

    assert done == [operations.SkipHook(hook), operations.Idle()]
    assert reached.relations == {}


# -- other triggers, contract 2.8 --------------------------------------------------------------


def test_a_reboot_runs_start_once():
    """Row 47."""
    assert hooks(unit(), world(boot_id='b2')) == ['start']


def test_after_a_reboot_a_pending_hook_goes_first():
    local = transitions.interrupted(unit(config_hash='old'), model.Hook('config-changed'))

    assert hooks(local, world(boot_id='b2')) == ['config-changed', 'start']


def test_leadership_is_told_once():
    assert hooks(unit(leader=False), world()) == ['leader-elected']
    assert hooks(unit(leader=True), world()) == []


def test_losing_leadership_runs_no_hook():
    done, local = after(unit(), world(is_leader=False))

    assert done == [operations.ResignLeadership(), operations.Idle()]
    assert local.leader is False


def test_secrets_are_told_in_jujus_order_and_once():
    """Row 35."""
    events = (
        model.SecretEvent('secret-remove', 'a', 'la', 1),
        model.SecretEvent('secret-changed', 'b', 'lb', 2),
        model.SecretEvent('secret-rotate', 'c', 'lc', 1),
        model.SecretEvent('secret-expired', 'd', 'ld', 3),
    )

    assert hooks(unit(), world(secrets=events)) == [
        'secret-expired',
        'secret-rotate',
        'secret-changed',
        'secret-remove',
    ]


# -- everything at once ------------------------------------------------------------------------

versions = st.integers(0, 2)
lives = st.sampled_from([model.Life.ALIVE, model.Life.DYING])
views = st.builds(
    relation,
    st.integers(1, 3),
    life=lives,
    role=st.sampled_from(['provides', 'requires', 'peers']),
    in_scope=st.booleans(),
    implicit=st.booleans(),
    suspended=st.booleans(),
    members=st.dictionaries(st.sampled_from(['pg/0', 'pg/1', 'pg/10']), versions),
    applications=st.dictionaries(st.just('pg'), versions),
)
worlds = st.builds(
    world,
    life=lives,
    application_life=lives,
    is_leader=st.booleans(),
    config_hash=st.sampled_from(['c1', 'c2']),
    charm=st.integers(1, 2),
    relations=st.lists(views, max_size=3).map(lambda found: related(*found)),
    storage=st.lists(
        st.builds(
            storage,
            st.sampled_from(['data/0', 'data/1']),
            life=lives,
            attached=st.booleans(),
        ),
        max_size=2,
        unique_by=lambda view: view.id,
    ).map(tuple),
    actions=st.lists(st.integers(1, 5), max_size=2, unique=True).map(tuple),
    update_status_due=st.booleans(),
    boot_id=st.sampled_from(['b1', 'b2']),
    leader_settings=st.sampled_from(['', 'l1']),
)


@given(st.lists(worlds, min_size=1, max_size=4))
def test_whatever_happens_the_unit_comes_to_rest_and_says_nothing_twice(
    changes: list[model.Snapshot],
):
    local = NEW
    for snapshot in changes:
        done, local = after(local, snapshot)
        kinds = [each.hook for each in done if isinstance(each, operations.RunHook)]

        assert len(kinds) == len(set(kinds)) or 'relation-changed' in {
            hook.kind for hook in kinds if kinds.count(hook) > 1
        }
        for before, hook in enumerate(kinds):
            if hook.kind == 'relation-joined':
                following = next(
                    each for each in kinds[before + 1 :] if each.relation == hook.relation
                )
                assert (following.kind, following.remote_unit) == (
                    'relation-changed',
                    hook.remote_unit,
                )
        assert (
            local.queued is None
            or snapshot.life is not model.Life.ALIVE
            or isinstance(done[-1], operations.Wait)
        )


@given(worlds, st.integers(0, 12))
def test_an_interruption_anywhere_changes_nothing_about_where_it_ends(
    snapshot: model.Snapshot, prefix: int
):
    _, expected = after(NEW, snapshot)
    local, seen = NEW, snapshot
    for _ in range(prefix):
        operation = resolver.next_operation(local, seen)
        if isinstance(operation, (operations.Idle, operations.Wait, operations.Terminate)):
            break
        local = transitions.committed(local, seen, operation)
        seen = consequence(seen, operation)
    operation = resolver.next_operation(local, seen)
    if isinstance(operation, operations.RunHook):
        local = transitions.interrupted(local, operation.hook)

    _, reached = after(local, seen)

    assert reached == expected
