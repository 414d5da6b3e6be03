"""What is planned for clients: a small model of the server takes the statements."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pgcharm import scram
from pgcharm.clients import grants, names, wire

PASSWORDS = {
    names.user(application, admin=admin): 'pw' for application in 'abc' for admin in (True, False)
}
VERIFIER = scram.verifier('pw', iterations=1)


def client(
    application: str = 'a', database: str = '', roles: str = '', endpoint: str = 'db'
) -> wire.Client:
    return wire.read(1, endpoint, application, {'database': database, 'roles': roles}, {}, {}, {})


def done(statements: Iterable[grants.Statement], before: grants.Catalogue) -> grants.Catalogue:
    """Return what the server has after *statements*; it refuses what PostgreSQL would."""
    users, databases = dict(before.users), dict(before.databases)
    roles, members, granted = set(before.roles), set(before.members), set(before.granted)
    for statement in statements:
        match statement:
            case grants.MakeRole(name):
                assert name not in roles
                roles.add(name)
            case grants.MakeUser(name, is_admin, _):
                users[name] = grants.User(True, is_admin, VERIFIER)
                roles.add(name)
            case grants.MakeDatabase(name, owner):
                assert name not in databases
                assert owner in roles
                databases[name] = owner
            case grants.Share(database, owner, _):
                assert database in databases
                assert owner in roles
            case grants.Grant(role, member):
                assert {role, member, names.GRANTOR} <= roles
                members.add((role, member))
                granted.add((role, member))
            case grants.Revoke(role, member):
                granted.remove((role, member))
                members.remove((role, member))
            case grants.LockOut(user):
                users[user] = dataclasses.replace(users[user], can_login=False)
    return dataclasses.replace(
        before,
        users=users,
        databases=databases,
        roles=frozenset(roles),
        members=frozenset(members),
        granted=frozenset(granted),
    )


def serve(*clients: wire.Client, before: grants.Catalogue = grants.NOTHING) -> grants.Catalogue:
    return done(grants.plan(clients, before, PASSWORDS), before)


CLIENTS = st.builds(
    client,
    st.sampled_from('abc'),
    st.sampled_from(['', 'shop', 'blog', 'postgres']),
    st.lists(st.sampled_from(['r', 's', 'pg_monitor']), max_size=2).map(','.join),
    st.sampled_from(wire.ENDPOINTS),
)
WORLDS = st.lists(CLIENTS, max_size=4)


@given(WORLDS, WORLDS, st.integers(0, 30))
def test_plan_that_was_interrupted_anywhere_converges(
    earlier: list[wire.Client], later: list[wire.Client], reached: int
) -> None:
    before = serve(*earlier)

    half = done(grants.plan(later, before, PASSWORDS)[:reached], before)
    whole = serve(*later, before=half)

    assert grants.plan(later, whole, PASSWORDS) == ()
    assert all(grants.is_served(one, whole, 'pw') for one in later if one.is_usable)


@given(WORLDS, WORLDS)
def test_only_related_users_may_log_in(
    earlier: list[wire.Client], later: list[wire.Client]
) -> None:
    after = serve(*later, before=serve(*earlier))

    related = {one.user for one in later}
    assert {name for name, user in after.users.items() if user.can_login} <= related


def test_grant_by_hand_is_not_taken_back() -> None:
    before = serve(client(roles='r'))
    by_hand = {('by_hand', 'juju_a')}
    before = dataclasses.replace(before, members=before.members | by_hand)

    after = serve(client(), before=before)

    assert ('by_hand', 'juju_a') in after.members
    assert ('r', 'juju_a') not in after.members


def test_user_gets_what_all_its_relations_ask_for() -> None:
    after = serve(client(database='shop', roles='r'), client(database='blog', roles='s'))

    assert {role for role, member in after.members if member == 'juju_a'} == {
        'jujuowner_shop',
        'jujuowner_blog',
        'r',
        's',
    }


def test_wish_that_turns_bad_leaves_the_client_as_it_is() -> None:
    before = serve(client(roles='r'))

    assert grants.plan([client(database='postgres')], before, PASSWORDS) == ()


def test_database_made_by_hand_is_not_ours() -> None:
    before = dataclasses.replace(grants.NOTHING, databases={'manual': 'somebody'})

    todo = grants.plan([client(database='manual')], before, PASSWORDS)

    assert grants.Share('manual', 'jujuowner_manual', is_ours=False) in todo


@pytest.mark.parametrize(
    'changes', [{'can_login': False}, {'verifier': scram.verifier('old', iterations=1)}]
)
def test_user_that_is_not_as_it_shall_be_is_made_again(changes: dict[str, Any]) -> None:
    before = serve(client())
    users = {'juju_a': dataclasses.replace(before.users['juju_a'], **changes)}

    todo = grants.plan([client()], dataclasses.replace(before, users=users), PASSWORDS)

    assert todo == (grants.MakeUser('juju_a', False, 'pw'),)


def test_role_that_is_unfit_is_refused_to_a_client_but_not_to_an_admin() -> None:
    before = dataclasses.replace(
        grants.NOTHING, roles=frozenset(['boss']), unfit={'boss': 'it is a superuser'}
    )

    (refused,) = grants.checked([client(roles='boss')], before)

    assert refused.faults == ('role "boss": it is a superuser',)
    assert grants.plan([client(roles='boss')], before, PASSWORDS) == ()
    assert serve(client(roles='boss', endpoint='db-admin'), before=before).members


def test_password_is_not_shown_with_a_statement() -> None:
    assert 'pw' not in repr(grants.MakeUser('juju_a', False, 'pw'))
