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
    names.user(application, admin=admin, generation=generation): 'pw'
    for application in 'abc'
    for admin in (True, False)
    for generation in (1, 2, 3)
}
NOW = 1000.0
TERMS = grants.Terms(NOW, grants.Limits(10, 5, 7), forget_days=3)
START = dataclasses.replace(grants.NOTHING, available=frozenset(['citext']))
VERIFIER = scram.verifier('pw', iterations=1)


def client(
    application: str = 'a',
    database: str = '',
    roles: str = '',
    endpoint: str = 'db',
    *,
    extensions: str = '',
    generation: int = 1,
) -> wire.Client:
    asked = {'database': database, 'roles': roles, 'extensions': extensions}
    client = wire.read(1, endpoint, application, asked, {})
    generations = {names.user(application, admin=False): (generation, 0.0)}
    return wire.judge(client, wire.Policy(True, frozenset(['citext', 'hstore']), generations))


def done(statements: Iterable[grants.Statement], before: grants.Catalogue) -> grants.Catalogue:
    """Return what the server has after *statements*; it refuses what PostgreSQL would."""
    users, databases = dict(before.users), dict(before.databases)
    extensions = dict(before.extensions)
    roles, members, granted = set(before.roles), set(before.members), set(before.granted)
    for statement in statements:
        match statement:
            case grants.MakeRole(name):
                assert name not in roles
                roles.add(name)
            case grants.MakeUser(name, is_admin, _, limits):
                users[name] = grants.User(
                    True, is_admin, VERIFIER, None, limits.connections, limits.settings
                )
                roles.add(name)
            case grants.MakeDatabase(name, owner):
                assert name not in databases
                assert owner in roles
                databases[name] = owner
            case grants.Share(database, owner, _):
                assert database in databases
                assert owner in roles
            case grants.MakeExtension(database, owner, extension):
                assert database in databases
                extensions[owner] = extensions.get(owner, frozenset()) | {extension}
            case grants.Grant(role, member):
                assert {role, member, names.GRANTOR} <= roles
                members.add((role, member))
                granted.add((role, member))
            case grants.Revoke(role, member):
                granted.remove((role, member))
                members.remove((role, member))
            case grants.LockOut(user):
                users[user] = dataclasses.replace(users[user], can_login=False, locked_at=NOW)
            case grants.Forget(user):
                del users[user]
                roles.remove(user)
    return dataclasses.replace(
        before,
        users=users,
        databases=databases,
        extensions=extensions,
        roles=frozenset(roles),
        members=frozenset(members),
        granted=frozenset(granted),
    )


def serve(*clients: wire.Client, before: grants.Catalogue = START) -> grants.Catalogue:
    return done(grants.plan(grants.checked(clients, before), before, PASSWORDS, TERMS), before)


CLIENTS = st.builds(
    client,
    st.sampled_from('abc'),
    st.sampled_from(['', 'shop', 'blog', 'postgres']),
    st.lists(st.sampled_from(['r', 's', 'pg_monitor']), max_size=2).map(','.join),
    st.sampled_from(wire.ENDPOINTS),
    extensions=st.sampled_from(['', 'citext', 'hstore', 'citext(tools),citext', 'evil']),
    generation=st.sampled_from([1, 2, 3]),
)


def _planned(
    clients: Iterable[wire.Client], catalogue: grants.Catalogue
) -> tuple[grants.Statement, ...]:
    return grants.plan(grants.checked(clients, catalogue), catalogue, PASSWORDS, TERMS)


WORLDS = st.lists(CLIENTS, max_size=4)


@given(WORLDS, WORLDS, st.integers(0, 30))
def test_plan_that_was_interrupted_anywhere_converges(
    earlier: list[wire.Client], later: list[wire.Client], reached: int
) -> None:
    before = serve(*earlier)

    half = done(_planned(later, before)[:reached], before)
    # A rotated client has its rights from the user before, who may be made only now.
    whole = serve(*later, before=serve(*later, before=half))

    assert _planned(later, whole) == ()
    told = grants.checked(later, whole)
    assert all(grants.is_served(one, whole, 'pw', TERMS) for one in told if one.is_usable)


@given(WORLDS, WORLDS)
def test_only_related_users_may_log_in(
    earlier: list[wire.Client], later: list[wire.Client]
) -> None:
    after = serve(*later, before=serve(*earlier))

    related = {user for one in later for user in (one.user, one.former_user)}
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
    'changes',
    [
        {'can_login': False},
        {'verifier': scram.verifier('old', iterations=1)},
        {'locked_at': 7.0},
        {'connections': -1},
        {'settings': {}},
        {'settings': {'statement_timeout': '0'}},
    ],
)
def test_user_that_is_not_as_it_shall_be_is_made_again(changes: dict[str, Any]) -> None:
    before = serve(client())
    users = {'juju_a': dataclasses.replace(before.users['juju_a'], **changes)}

    todo = _planned([client()], dataclasses.replace(before, users=users))

    assert todo == (grants.MakeUser('juju_a', False, 'pw', TERMS.limits),)


def test_role_that_is_unfit_is_refused_to_a_client_but_not_to_an_admin() -> None:
    before = dataclasses.replace(
        grants.NOTHING, roles=frozenset(['boss']), unfit={'boss': 'it is a superuser'}
    )

    (refused,) = grants.checked([client(roles='boss')], before)

    assert refused.faults == ("role 'boss': it is a superuser",)
    assert _planned([client(roles='boss')], before) == ()
    assert serve(client(roles='boss', endpoint='db-admin'), before=before).members


def test_password_is_not_shown_with_a_statement() -> None:
    assert 'pw' not in repr(grants.MakeUser('juju_a', False, 'pw'))


def test_rotated_user_inherits_and_the_former_one_goes_when_nobody_uses_it() -> None:
    before = serve(client())
    rotated = client(generation=2)

    during = serve(rotated, before=dataclasses.replace(before, busy=frozenset(['juju_a'])))
    assert during.users['juju_a'].can_login
    assert ('juju_a', 'juju_a_2') in during.members

    after = serve(rotated, before=dataclasses.replace(during, busy=frozenset()))
    assert not after.users['juju_a'].can_login
    assert after.users['juju_a_2'].can_login


def test_former_password_is_good_until_the_client_can_have_read_the_new_one() -> None:
    before = serve(client())
    fresh = dataclasses.replace(client(generation=2), rotated_at=NOW - 1)

    assert serve(fresh, before=before).users['juju_a'].can_login


def test_user_who_left_is_forgotten_after_days() -> None:
    gone = serve(before=serve(client()))

    later = dataclasses.replace(TERMS, now=NOW + 3 * 86400 + 1)
    soon = dataclasses.replace(TERMS, now=NOW + 3 * 86400 - 1)
    never = dataclasses.replace(later, forget_days=0)

    assert grants.plan([], gone, {}, later) == (grants.Forget('juju_a'),)
    assert grants.plan([], gone, {}, soon) == ()
    assert grants.plan([], gone, {}, never) == ()


def test_database_that_a_client_dropped_is_made_and_shared_again() -> None:
    before = serve(client(extensions='citext'))

    todo = _planned([client(extensions='citext')], dataclasses.replace(before, databases={}))

    assert [type(statement) for statement in todo] == [
        grants.MakeDatabase,
        grants.Share,
        grants.MakeExtension,
    ]


def test_extension_that_the_machine_lacks_is_refused_and_the_rest_is_served() -> None:
    asked = client(extensions='hstore,citext')

    (told,) = grants.checked([asked], START)

    assert "'hstore'" in told.refusals[0]
    assert told.is_usable
    assert not serve(asked).extensions
