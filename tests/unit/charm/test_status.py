from __future__ import annotations

import dataclasses

from unit.charm import worlds

from pgcharm import cluster, consensus, status, volume
from pgcharm.clients import wire


def test_running_primary_is_active() -> None:
    assert status.status(worlds.wanted(), worlds.running()) == status.Status(
        'active', 'standalone'
    )


def test_version_is_the_server_s() -> None:
    assert status.version(worlds.running()) == '16.4'


def test_storage_that_is_not_ours_blocks_with_a_remedy() -> None:
    found = volume.Volume(volume.Content.FOREIGN, reason='it has photos')

    shown = status.status(worlds.wanted(), worlds.observed_(volume=found))

    assert shown.name == 'blocked'
    assert 'photos' in shown.message and 'attach an empty one' in shown.message


def test_unit_that_was_not_named_waits() -> None:
    others = worlds.bags(secrets=worlds.secrets(bootstrap='pg/1'), units={'pg/1': {}})
    wanted = worlds.wanted(peers=others, planned_units=2)

    assert status.status(wanted, worlds.observed_()).name == 'waiting'


def test_standby_is_not_called_active() -> None:
    seen = worlds.running()
    assert seen.database is not None
    standby = dataclasses.replace(seen.database, is_primary=False)

    shown = status.status(worlds.wanted(), dataclasses.replace(seen, database=standby))

    assert shown.name == 'waiting'


def test_parameter_that_postgresql_does_not_have_is_named() -> None:
    seen = dataclasses.replace(worlds.running(), parameters={'work_mem': 'INTEGER'})
    wanted = worlds.wanted(options=worlds.options(extra_pg_conf='wark_mem = 4MB'))

    shown = status.status(wanted, seen)

    assert shown.name == 'blocked'
    assert 'option "extra-pg-conf": PostgreSQL offers no parameter wark_mem' in shown.message


def test_starting_server_says_how_far_it_is() -> None:
    seen = dataclasses.replace(
        worlds.running(), patroni=cluster.State('uninitialized', 'starting'), database=None
    )

    shown = status.status(worlds.wanted(), seen)

    assert shown == status.Status('maintenance', 'PostgreSQL: starting')


def test_unit_that_starts_without_a_majority_names_what_is_away() -> None:
    others = worlds.bags(units={'pg/1': {}})
    wanted = worlds.wanted(peers=others, published={'state': 'hot standby'}, planned_units=2)
    seen = dataclasses.replace(worlds.running(), patroni=None, database=None)

    shown = status.status(wanted, seen)

    assert shown == status.Status(
        'blocked',
        'pg/1 is away, PostgreSQL waits; if it is lost: remove-unit --force pg/1'
        ' (or: run pg/0 takeover)',
    )


def test_bag_of_a_dead_master_is_named() -> None:
    units = {'pg/1': worlds.peer('1', 'master'), 'pg/2': worlds.peer('2', 'hot standby')}
    wanted = worlds.wanted(
        peers=worlds.bags(units=units), published={'state': 'master'}, planned_units=3
    )
    seen = dataclasses.replace(
        worlds.running(),
        cluster=worlds.cluster_of('pg-0', 'pg-0', 'pg-2'),
        etcd=consensus.View((), ''),
    )

    shown = status.status(wanted, seen)

    assert shown == status.Status(
        'active', 'can lose no unit: pg/1 is away, and clients still read "master" of pg/1'
    )


def test_wrong_option_blocks_and_is_named_while_the_server_runs() -> None:
    wanted = worlds.wanted(options=worlds.options(profile='fast'))

    shown = status.status(wanted, worlds.running())

    assert shown.name == 'blocked'
    assert 'profile' in shown.message


def test_message_is_not_longer_than_juju_keeps() -> None:
    found = volume.Volume(volume.Content.FOREIGN, reason='x' * 500)

    shown = status.status(worlds.wanted(), worlds.observed_(volume=found))

    assert len(shown.message) == status.LONGEST


def served(*clients: wire.Client, **changes: int) -> status.Status:
    seen = worlds.running()
    assert seen.database is not None
    server = dataclasses.replace(seen.database, **changes)
    judged = tuple(wire.judge(client, wire.Policy(allow_admin=False)) for client in clients)
    wanted = worlds.wanted(clients=judged)
    return status.status(wanted, dataclasses.replace(seen, database=server))


def test_client_s_nonsense_is_shown_and_does_not_block() -> None:
    shown = served(wire.read(3, 'db', 'web', {'database': 'postgres'}, {}))

    assert shown == status.Status(
        'active', "standalone; db:3 (web): database 'postgres': the name is reserved"
    )


def test_admin_that_is_forbidden_blocks() -> None:
    shown = served(wire.read(3, 'db-admin', 'boss', {}, {}))

    assert shown.name == 'blocked'
    assert 'allow-db-admin' in shown.message and 'boss' in shown.message


def test_connections_that_run_out_are_shown() -> None:
    assert served(connections=89, most_connections=100).message == 'standalone'
    assert served(connections=90, most_connections=100).message == (
        'standalone; 90 of 100 connections used'
    )
