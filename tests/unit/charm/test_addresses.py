"""A unit whose address changed: what it starts anew, and when it tells etcd."""

from __future__ import annotations

import dataclasses

from unit.charm import worlds

from pgcharm import consensus, desired, etcd, membership, network, observed, plan, running, steps

OLD, NEW = '10.0.0.1', '10.0.0.9'


def moved(**published: str) -> desired.Desired:
    return worlds.wanted(
        addresses=network.Addresses((NEW,), (NEW,), (NEW,)),
        published={'state': 'standalone', **published},
    )


def seen() -> observed.Observed:
    """Return a lone unit as it was at its old address, etcd's list included."""
    found = worlds.running(worlds.wanted(published={'state': 'standalone', 'address': OLD}))
    own = membership.Member('7', 'pg-0', f'https://{OLD}:2380', f'https://{OLD}:2379')
    return dataclasses.replace(
        found, start=etcd.Start(worlds.TOKEN, {}), etcd=consensus.View((own,), '7')
    )


def moves(wanted: desired.Desired) -> list[str]:
    planned = plan.plan(wanted, seen(), worlds.NOW)
    return [step.peer_url for step in planned if isinstance(step, steps.MoveMember)]


def test_etcd_hears_of_an_address_only_after_the_peers_could() -> None:
    assert moves(moved(address=OLD)) == []
    assert moves(moved(address=NEW)) == [f'https://{NEW}:2380']


def test_lone_unit_that_moved_keeps_its_etcd() -> None:
    planned = plan.plan(moved(address=NEW), seen(), worlds.NOW)

    kinds = {type(step) for step in planned}
    assert not kinds & {steps.BeginEtcd, steps.ChangeMembers}


def test_every_service_of_a_unit_that_moved_starts_anew() -> None:
    before = running.services_of(worlds.wanted(), seen())
    after = running.services_of(moved(), seen())

    assert {one.name for one in before} == {'etcd', 'patroni', 'watcher'}
    for old, new in zip(before, after, strict=True):
        assert old.digest != new.digest


def test_unit_that_starts_elsewhere_looks_for_etcd_there_too() -> None:
    silent = dataclasses.replace(seen(), etcd=None)

    planned = plan.plan(moved(address=NEW), silent, worlds.NOW)

    path = moved().places.patroni_settings
    written = [
        step.content for step in planned if isinstance(step, steps.WriteFile) and step.path == path
    ]
    assert len(written) == 1 and f'{NEW}:2379' in written[0]
