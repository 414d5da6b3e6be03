"""Which operation of a living unit is next: contract 2.2 to 2.5 and 2.8, rows of section 8."""

from __future__ import annotations

import dataclasses

from hook_api import relation
from resolving import (
    DYING,
    NEW,
    PEER,
    after,
    hooks,
    related,
    storage,
    told,
    unit,
    world,
)

from solo import model
from solo.agent import operations, resolver, transitions

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


def test_storage_of_a_newer_charm_is_heard_of_after_the_upgrade():
    """The older charm has no hook for it."""
    assert hooks(unit(), world(charm=2, charm_modified=2, storage=(storage(),))) == [
        'upgrade-charm',
        'config-changed',
        'data-storage-attached',
    ]


def test_a_failed_hook_holds_an_upgrade_up_unless_it_is_forced():
    """Contract 2.9; juju: internal/worker/uniter/operation/deploy.go (the interrupted hook)."""
    failing = model.Hook('config-changed')
    local = transitions.failed(unit(), operations.RunHook(failing), now=1000.0)
    newer = world(charm=2, charm_modified=2, now=1001.0)
    forced = dataclasses.replace(newer, charm_forced=True)

    assert isinstance(resolver.next_operation(local, newer), operations.Wait)
    done, upgraded = after(local, forced)
    assert done[:2] == [operations.Unpack(2), operations.RunHook(failing)]
    assert upgraded.charm == 2


def test_a_forced_charm_that_cannot_be_unpacked_is_not_tried_without_end():
    failing = operations.RunHook(model.Hook('config-changed'))
    forced = world(charm=2, charm_modified=2, charm_forced=True, now=1001.0)
    local = transitions.failed(unit(), failing, now=1000.0)

    local = transitions.failed(local, operations.Unpack(2), now=1001.0, charm_modified=2)

    assert isinstance(resolver.next_operation(local, forced), operations.Wait)


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
