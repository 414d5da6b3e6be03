"""One hook over a world that changes while it runs: what clients are told is what is true last."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Callable
from typing import Any

from unit.charm import test_roles, test_serving, worlds

from pgcharm import desired, observed, peers, reconcile, steps

LEADERS = {'elected': '', 'ours': 'pg-1', 'another': 'pg-2'}


class Hook:
    """A hook of a standby with clients, which looks at one world after the other."""

    def __init__(self, clients: int, *worlds_: str) -> None:
        clients_ = tuple(
            dataclasses.replace(test_serving.client(f'app{number}'), relation=number)
            for number in range(clients)
        )
        wanted = dataclasses.replace(
            test_roles.standby(pg_1='master', pg_2='hot standby'), clients=clients_
        )
        self.wanted = wanted
        self._worlds = [_seen(wanted, LEADERS[world]) for world in worlds_]
        self.told: dict[int, list[str]] = {number: [] for number in range(clients)}
        self.says: dict[str, str] = {}
        self.looks = 0

    def run(self, look_after: float = 60.0) -> None:
        workload = reconcile.Workload(
            self._observe,
            self._execute,
            lambda _: True,
            lambda _: contextlib.nullcontext(),
            look_after,
        )
        reconcile.reconcile(self.wanted, _Bags(), lambda _: None, workload)  # pyright: ignore[reportArgumentType] # what it uses of them

    def _observe(self, _: desired.Desired) -> observed.Observed:
        self.looks += 1
        return self._worlds.pop(0) if len(self._worlds) > 1 else self._worlds[0]

    def _execute(
        self, step: steps.Step, _: object, __: peers.Bags, ___: Callable[[str], None]
    ) -> None:
        if isinstance(step, steps.TellClient):
            assert step.own is not None
            self.told[step.relation].append(step.own['state'])
        elif isinstance(step, steps.Publish):
            self.says.update(step.content)


class _Bags:
    clients: Any

    def __init__(self) -> None:
        self.clients = self

    def finish(self) -> None: ...

    def saw(self, _: object) -> None: ...

    def pause(self, _: object, __: float) -> None: ...


def _seen(wanted: desired.Desired, leader: str) -> observed.Observed:
    found = test_roles.seen(wanted, leader)
    assert found.database is not None
    assert found.accepted is not None
    most = found.accepted.max_connections * 4 // 5
    catalogue = test_serving.served(*wanted.clients, seed=worlds.secrets().client_seed)
    users = {
        name: dataclasses.replace(user, connections=most) for name, user in catalogue.users.items()
    }
    catalogue = dataclasses.replace(catalogue, users=users)
    return dataclasses.replace(
        found, database=dataclasses.replace(found.database, clients=catalogue)
    )


def test_what_was_taken_back_in_the_same_hook_is_told_anew() -> None:
    hook = Hook(1, 'ours', 'elected', 'ours', 'elected', 'ours')

    hook.run()

    assert hook.told[0] == ['hot standby', 'failover', 'hot standby', 'failover', 'hot standby']
    assert hook.says['state'] == 'hot standby'


def test_that_a_master_is_elected_is_told_until_one_is() -> None:
    hook = Hook(50, 'elected', 'elected', 'another')

    hook.run(look_after=-1.0)  # after each client

    assert sorted(hook.told.values())[:2] == [['failover', 'hot standby']] * 2
    assert sorted(hook.told.values())[2:] == [['hot standby']] * 48


def test_that_a_master_is_elected_is_told_to_all_if_it_lasts() -> None:
    hook = Hook(50, 'elected')

    hook.run(look_after=-1.0)

    assert list(hook.told.values()) == [['failover']] * 50


def test_nothing_is_looked_at_after_the_last_plan() -> None:
    hook = Hook(0, 'elected', 'elected', 'ours')

    hook.run()

    assert (hook.says['state'], hook.looks) == ('failover', 2)
