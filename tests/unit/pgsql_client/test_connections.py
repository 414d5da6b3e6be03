"""Which connections a client may use, and the file that it keeps them in."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from psycopg import conninfo as libpq
from unit.pgsql_client.hook_commands import bag, conninfo

import connections


def choose(
    bags: dict[str, dict[str, str]], endpoint: str = 'db', database: str = 'reports'
) -> list[connections.Connection]:
    return connections.choose(endpoint, f'{endpoint}:3', bags, me='app/0', database=database)


def test_a_lone_standalone_unit_is_the_master():
    assert choose({'pg/0': bag('standalone')}) == [
        connections.Connection('db', 'db:3', 'pg/0', 'master', conninfo())
    ]


def test_a_standalone_unit_beside_others_is_not_used():
    assert choose({'pg/0': bag('standalone'), 'pg/1': {'state': 'standalone'}}) == []


def test_the_master_comes_before_the_standbys():
    found = choose({'pg/0': bag('hot standby'), 'pg/1': bag('master'), 'pg/2': bag('failover')})

    assert [(one.unit, one.role) for one in found] == [('pg/1', 'master'), ('pg/0', 'standby')]


@pytest.mark.parametrize('missing', ['host', 'port', 'user', 'password', 'database', 'state'])
def test_half_a_bag_is_not_used(missing: str):
    half = bag('standalone')
    del half[missing]

    assert choose({'pg/0': half}, database='') == []


def test_a_unit_that_does_not_allow_us_is_not_used():
    assert choose({'pg/0': bag('standalone', **{'allowed-units': 'app/01 app/1'})}) == []


def test_another_database_than_asked_for_is_not_used():
    assert choose({'pg/0': bag('standalone', database='app')}) == []


def test_without_a_wish_any_database_is_used():
    assert choose({'pg/0': bag('standalone')}, database='')


@pytest.mark.parametrize(
    ('named', 'wanted', 'used'),
    [
        ('', '', 'postgres'),
        ('all', '', 'postgres'),
        ('all', 'reports', 'reports'),
        ('app', '', 'app'),
    ],
)
def test_an_administrator_waits_for_no_database(named: str, wanted: str, used: str):
    (found,) = choose({'pg/0': bag('standalone', database=named)}, 'db-admin', wanted)

    assert found.conninfo.startswith(f'dbname={used} ')


LIBPQ_TEXT = st.text(st.characters(exclude_characters='\0', exclude_categories=['Cs']), min_size=1)


@given(password=LIBPQ_TEXT)
def test_any_password_reads_back(password: str):
    (found,) = choose({'pg/0': bag('standalone', password=password)})

    assert libpq.conninfo_to_dict(found.conninfo)['password'] == password


def test_the_summary_counts_the_standbys_of_the_master():
    alone = choose({'pg/0': bag('standalone')})
    two = choose({'pg/0': bag('master'), 'pg/1': bag('hot standby')})
    three = choose({**{f'pg/{n}': bag('hot standby') for n in range(2)}, 'pg/2': bag('master')})

    assert connections.summary(alone) == 'master pg/0'
    assert connections.summary(two) == 'master pg/0, 1 standby'
    assert connections.summary(three) == 'master pg/2, 2 standbys'
    assert connections.summary(choose({'pg/0': bag('hot standby')})) == ''


def test_db_is_picked_before_db_admin():
    admin = choose({'pg/0': bag('standalone')}, 'db-admin')
    user = choose({'pg/0': bag('standalone')}, 'db')

    assert connections.pick([*admin, *user], 'master') == user[0]
    assert connections.pick([*admin, *user], 'master', 'db-admin') == admin[0]
    assert connections.pick([*admin, *user], 'standby') is None


def test_the_file_reads_back_and_is_private(tmp_path: Path):
    path = tmp_path / 'connections.json'
    found = choose({'pg/0': bag('standalone')})

    assert connections.load(path) == []
    for _ in range(2):
        connections.save(path, found)

    assert connections.load(path) == found
    assert path.stat().st_mode & 0o777 == 0o600
    assert [entry.name for entry in tmp_path.iterdir()] == ['connections.json']
