from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from unit.charm import worlds

from pgcharm import database, desired, network, observed, plan, preparing, steps, volume


def kinds(planned: tuple[steps.Step, ...]) -> list[str]:
    return [type(step).__name__ for step in planned]


def test_leader_makes_the_secret_and_uses_nothing_of_it() -> None:
    wanted = worlds.wanted(peers=worlds.bags(secrets=None, is_told=False))

    planned = plan.plan(wanted, worlds.observed_(), worlds.NOW)

    assert kinds(planned) == ['MakeSecrets', 'Accept']


def test_only_the_leader_makes_the_secret() -> None:
    wanted = worlds.wanted(peers=worlds.bags(secrets=None, is_told=False), is_leader=False)

    planned = plan.plan(wanted, worlds.observed_(), worlds.NOW)

    assert kinds(planned) == ['Accept']


def test_options_are_accepted_once_postgresql_is_there_to_know_them() -> None:
    missing = worlds.observed_(missing=('postgresql-16',), binaries=None)

    planned = plan.plan(worlds.wanted(), missing, worlds.NOW)

    assert kinds(planned) == ['Install']


def test_former_cluster_is_not_adopted_before_peers_are_known() -> None:
    machine = worlds.Machine(worlds.observed_(volume=former()))

    machine.settle(worlds.wanted(peers=worlds.bags(is_related=False)))

    assert not machine.seen.services.digests


def test_unit_that_was_named_starts_its_services() -> None:
    machine = worlds.Machine(worlds.observed_(missing=('postgresql-16',), binaries=None))

    machine.settle(worlds.wanted())

    assert set(machine.seen.services.digests) == {'etcd', 'patroni', 'watcher'}


def test_unit_that_was_not_named_starts_nothing() -> None:
    machine = worlds.Machine(worlds.observed_())

    others = worlds.bags(secrets=worlds.secrets(bootstrap='pg/1'), units={'pg/1': {}})
    machine.settle(worlds.wanted(peers=others, planned_units=2))

    assert not machine.seen.services.digests


def test_settled_unit_needs_nothing() -> None:
    machine = worlds.Machine(worlds.running())

    assert machine.settle(worlds.wanted()) == []


def test_interrupted_start_ends_as_an_uninterrupted_one() -> None:
    whole = worlds.Machine(worlds.observed_(missing=('etcd-server',), binaries=None))
    count = len(whole.settle(worlds.wanted()))

    for length in range(count):
        machine = worlds.Machine(worlds.observed_(missing=('etcd-server',), binaries=None))
        while len(machine.done) < length:
            planned = plan.plan(worlds.wanted(), machine.observe(worlds.wanted()), worlds.NOW)
            for step in planned[: length - len(machine.done)]:
                machine.apply(step)

        machine.settle(worlds.wanted())

        assert machine.seen == whole.seen, f'after {length} steps'


@pytest.mark.parametrize('content', [volume.Content.FOREIGN, volume.Content.DAMAGED])
def test_storage_that_is_not_ours_is_not_touched(content: volume.Content) -> None:
    machine = worlds.Machine(worlds.observed_(volume=volume.Volume(content, reason='a reason')))

    done = machine.settle(worlds.wanted())

    assert done == []


def former(**changes: object) -> volume.Volume:
    marker = volume.Marker('old/3', 'another-token', '16', left='primary')
    return volume.Volume(
        volume.Content.FORMER, dataclasses.replace(marker, **changes), has_data=True
    )


def test_lone_unit_adopts_a_former_cluster_without_its_etcd() -> None:
    machine = worlds.Machine(worlds.observed_(volume=former()))

    done = machine.settle(worlds.wanted())

    claims = [step for step in done if isinstance(step, steps.Claim)]
    assert [claim.forget_etcd for claim in claims] == [True]
    assert machine.seen.volume.has_data


@pytest.mark.parametrize(
    ('found', 'wanted'),
    [
        (former(left_others=True), worlds.wanted()),
        (former(), worlds.wanted(peers=worlds.bags(units={'pg/1': {}}))),
        (former(version='13'), worlds.wanted(options=worlds.options(version='16'))),
    ],
)
def test_former_cluster_that_cannot_be_adopted_is_not_touched(
    found: volume.Volume, wanted: desired.Desired
) -> None:
    machine = worlds.Machine(worlds.observed_(volume=found))

    assert machine.settle(wanted) == []
    assert preparing.obstacle(wanted, machine.seen)


def test_nothing_is_made_below_a_folder_that_the_server_cannot_enter() -> None:
    machine = worlds.Machine(worlds.observed_(closed=Path('/root')))

    done = machine.settle(worlds.wanted())

    assert 'KeepServices' not in kinds(tuple(done))
    assert preparing.obstacle(worlds.wanted(), machine.seen) == (
        'user "postgres" cannot enter /root; run "chmod o+x /root"'
    )


def test_new_address_brings_a_new_certificate_and_settings() -> None:
    machine = worlds.Machine(worlds.running())
    moved = network.Addresses(('10.0.0.9',), ('10.0.0.9',), ('10.0.0.9',))

    done = machine.settle(worlds.wanted(addresses=moved))

    assert 'IssueCertificate' in kinds(tuple(done))
    assert 'KeepServices' in kinds(tuple(done))


def test_option_that_all_units_share_is_changed_then_restarts_the_server() -> None:
    machine = worlds.Machine(worlds.running())

    done = machine.settle(worlds.wanted(options=worlds.options(max_connections=50)))

    assert [
        name for name in kinds(tuple(done)) if name in ('ChangeShared', 'RestartPostgres')
    ] == [
        'ChangeShared',
        'RestartPostgres',
    ]


def test_server_is_not_restarted_for_what_no_operator_asked_for() -> None:
    seen = worlds.running()
    assert seen.patroni is not None and seen.database is not None
    pending = dataclasses.replace(
        seen,
        patroni=dataclasses.replace(seen.patroni, pending=('shared_buffers',)),
        database=dataclasses.replace(seen.database, started_at=seen.accepted_at + 1),
    )

    assert plan.plan(worlds.wanted(published=bag(pending)), pending, worlds.NOW) == ()


def bag(seen: observed.Observed) -> dict[str, str]:
    published = [
        step
        for step in plan.plan(worlds.wanted(), seen, worlds.NOW)
        if isinstance(step, steps.Publish)
    ]
    return dict(published[0].content)


def test_password_of_the_secret_reaches_the_server() -> None:
    seen = worlds.running()
    assert seen.database is not None
    stale = dataclasses.replace(seen.database, stale_users=(database.OPERATOR,))
    machine = worlds.Machine(dataclasses.replace(seen, database=stale))
    wanted = worlds.wanted(peers=worlds.bags(secrets=worlds.secrets(operator_password='new')))

    done = machine.settle(wanted)

    passwords = [step.passwords for step in done if isinstance(step, steps.SetPasswords)]
    assert passwords == [{database.OPERATOR: 'new'}]


def test_standby_gets_no_passwords() -> None:
    seen = worlds.running()
    assert seen.database is not None
    standby = dataclasses.replace(seen.database, is_primary=False, stale_users=('postgres',))

    planned = plan.plan(worlds.wanted(), dataclasses.replace(seen, database=standby), worlds.NOW)

    assert 'SetPasswords' not in kinds(planned)


def test_leaving_unit_says_goodbye_once_and_stays_away() -> None:
    machine = worlds.Machine(worlds.running())

    done = machine.settle(worlds.wanted(is_leaving=True))

    assert kinds(tuple(done)) == ['Leave']
    assert machine.seen.volume.marker is not None
    assert machine.seen.volume.marker.left == 'primary'
    assert machine.settle(worlds.wanted()) == []


def test_storage_that_is_attached_again_is_used_again() -> None:
    machine = worlds.Machine(worlds.running())
    machine.settle(worlds.wanted(is_leaving=True))

    machine.settle(worlds.wanted(is_arriving=True))

    assert machine.seen.services.digests


def test_no_secret_is_shown_in_a_step() -> None:
    machine = worlds.Machine(worlds.observed_())

    done = machine.settle(worlds.wanted())

    assert 'password-0' not in repr(done)
    assert 'ca_key-0' not in repr(done)


def test_leader_tells_its_first_peer_where_the_secret_is() -> None:
    wanted = worlds.wanted(peers=worlds.bags(is_told=False, units={'pg/1': {}}))

    assert 'ShareSecret' in kinds(plan.plan(wanted, worlds.running(), worlds.NOW))


def test_settings_that_were_written_and_not_loaded_are_loaded() -> None:
    seen = worlds.running()
    assert seen.patroni is not None
    old = dataclasses.replace(seen, patroni=dataclasses.replace(seen.patroni, settings='old'))

    planned = plan.plan(worlds.wanted(published=bag(seen)), old, worlds.NOW)

    assert kinds(planned) == ['ReloadPatroni']


def test_hba_that_was_written_and_not_loaded_is_loaded() -> None:
    seen = worlds.running()
    old = dataclasses.replace(seen, access_at=11.0)

    planned = plan.plan(worlds.wanted(published=bag(seen)), old, worlds.NOW)

    assert kinds(planned) == ['ReloadAccess']
