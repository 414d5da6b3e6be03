"""How a unit ends, fails and is told of other things: contract 2.6, 2.8 and 2.9."""

from __future__ import annotations

import dataclasses

import pytest
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


def test_a_unit_that_was_given_up_terminates_whatever_its_hooks_do_after_its_subordinates():
    """``remove-unit --force``: juju 3.6 state/cleanup.go, forceDestroyedUnit."""
    failed = dataclasses.replace(unit(), pending=model.Hook('stop'), attempts=3)
    snapshot = world(life=DYING, abandoned=True)

    alone = resolver.next_operation(failed, snapshot)
    principal = resolver.next_operation(
        failed, dataclasses.replace(snapshot, has_subordinates=True)
    )

    assert alone == operations.Terminate()
    assert principal != operations.Terminate()


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
