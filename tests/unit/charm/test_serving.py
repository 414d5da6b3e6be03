"""What a unit does for clients: who is let go, and who waits for what no event tells of."""

from __future__ import annotations

import dataclasses

from pgcharm import scram, serving, steps
from pgcharm.clients import answers, grants, passwords, wire

SERVER = answers.Server('10.0.0.1', 5432, 'hot standby', '16', 'PEM')
SEED = 'seed'


def here(*, takes_writes: bool = False) -> serving.Here:
    return serving.Here(5432, SERVER, takes_writes, False, True, SEED)


def client(application: str = 'web', endpoint: str = 'db', **policy: object) -> wire.Client:
    units = {f'{application}/0': {'egress-subnets': '10.0.0.9/32'}}
    return wire.judge(
        wire.read(1, endpoint, application, {}, units),
        wire.Policy(**policy),  # pyright: ignore[reportArgumentType] # a few of its fields
    )


def served(
    *clients: wire.Client, busy: tuple[str, ...] = (), seed: str = SEED
) -> grants.Catalogue:
    """Return a server that has all that *clients* want."""
    users = {
        one.user: grants.User(
            True,
            one.is_admin,
            scram.verifier(passwords.derive(seed, one.user), iterations=1),
        )
        for one in clients
    }
    owners = {one.database_name: f'jujuowner_{one.database_name}' for one in clients}
    members = frozenset((owners[one.database_name], one.user) for one in clients)
    roles = frozenset((*owners.values(), *users, 'jujugrantor'))
    return grants.Catalogue(users, roles, {}, owners, members, members, busy=frozenset(busy))


def ended(clients: list[wire.Client], catalogue: grants.Catalogue) -> list[tuple[str, ...]]:
    """Return whose sessions are ended, wherever they come from."""
    planned = serving.plan(clients, catalogue, here())
    return [s.users for s in planned if isinstance(s, steps.EndSessions) and not s.networks]


def test_sessions_on_a_standby_end_with_the_relation() -> None:
    gone, stays = client('gone'), client('stays')
    catalogue = served(gone, stays, busy=(gone.user, stays.user))

    assert ended([stays], catalogue) == [(gone.user,)]
    assert ended([gone, stays], catalogue) == []


def test_session_of_a_user_who_was_locked_out_meanwhile_ends() -> None:
    former = client()
    rotated = client(generations={former.user: (2, 0.0)})
    catalogue = served(former, rotated, busy=(former.user,))
    locked = {**catalogue.users}
    locked[former.user] = dataclasses.replace(locked[former.user], can_login=False)

    assert ended([rotated], catalogue) == []
    assert ended([rotated], dataclasses.replace(catalogue, users=locked)) == [(former.user,)]


def test_sessions_of_an_admin_end_when_the_operator_forbids_it() -> None:
    boss = client('boss', 'db-admin')
    catalogue = served(boss, busy=(boss.user,))

    assert ended([boss], catalogue) == []
    assert ended([client('boss', 'db-admin', allow_admin=False)], catalogue) == [(boss.user,)]


def told(catalogue: grants.Catalogue, place: serving.Here) -> list[str]:
    """Return who is told to come in."""
    planned = serving.plan([client()], catalogue, place)
    bags = [step.own or {} for step in planned if isinstance(step, steps.TellClient)]
    return [bag['allowed-units'] for bag in bags]


def test_nobody_is_called_before_the_role_is_replayed_and_the_rules_are_loaded() -> None:
    web = client()

    assert told(served(web), here()) == ['web/0']
    assert told(served(), here()) == []
    assert told(served(web), dataclasses.replace(here(), is_open=False)) == []


def test_who_waits_for_the_replay_is_looked_at_again() -> None:
    there, late = client('there'), client('late')
    catalogue = served(there)

    assert serving.waiting([there], catalogue, here()) == ()
    assert serving.waiting([there, late], catalogue, here()) == (late.name,)


def test_who_asks_nonsense_waits_for_nothing() -> None:
    nonsense = dataclasses.replace(client(), faults=('nonsense',))

    assert serving.waiting([nonsense], grants.NOTHING, here()) == ()


def test_primary_looks_again_until_a_former_user_is_gone() -> None:
    former = client()
    rotated = client(generations={former.user: (2, 0.0)})
    catalogue = served(former, rotated)
    members = catalogue.members | {(former.user, rotated.user)}
    catalogue = dataclasses.replace(catalogue, members=members)

    assert serving.waiting([rotated], catalogue, here(takes_writes=True)) == (rotated.name,)
    assert serving.waiting([rotated], catalogue, here()) == ()
