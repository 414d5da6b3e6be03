"""Whatever the world, a unit comes to rest, and an interruption changes nothing."""

from __future__ import annotations

from hook_api import relation
from hypothesis import given
from hypothesis import strategies as st
from resolving import (
    NEW,
    after,
    consequence,
    related,
    storage,
    world,
)

from solo import model
from solo.agent import operations, resolver, transitions

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
