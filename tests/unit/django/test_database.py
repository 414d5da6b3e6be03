"""From relation bags to Django's DATABASES."""

from __future__ import annotations

from djangocharm import database

ME = 'site/0'


def bag(state: str, host: str = '10.0.0.1', **more: str) -> dict[str, str]:
    """Return a whole bag."""
    return {
        'state': state,
        'host': host,
        'port': '5432',
        'user': 'juju_site',
        'password': 'pw',
        'database': 'site',
        'allowed-units': 'site/0 site/1',
        **more,
    }


def chosen(bags: dict[str, dict[str, str]], wish: str = '') -> list[tuple[str, str]]:
    return [(one.unit, one.role) for one in database.choose(bags, me=ME, database=wish)]


def test_a_lone_standalone_unit_is_written_to():
    assert chosen({'pg/0': bag('standalone')}) == [('pg/0', 'master')]


def test_a_standalone_unit_beside_others_is_left_alone():
    assert chosen({'pg/0': bag('master'), 'pg/1': bag('standalone')}) == [('pg/0', 'master')]


def test_a_unit_in_failover_or_an_unknown_state_is_left_alone():
    assert chosen({'pg/0': bag('failover'), 'pg/1': bag('dreaming')}) == []


def test_the_master_comes_before_the_standbys():
    bags = {'pg/0': bag('hot standby'), 'pg/1': bag('hot standby'), 'pg/2': bag('master')}

    assert chosen(bags) == [('pg/2', 'master'), ('pg/0', 'standby'), ('pg/1', 'standby')]


def test_a_unit_that_has_not_allowed_us_is_left_alone():
    allowed = {'allowed-units': 'site/01 site/10'}

    assert chosen({'pg/0': bag('standalone', **allowed)}) == []


def test_half_a_bag_is_left_alone():
    for key in ('host', 'port', 'user', 'password', 'database', 'allowed-units'):
        half = bag('standalone')
        del half[key]
        assert chosen({'pg/0': half}) == []


def test_a_wish_that_is_not_acknowledged_is_waited_for():
    assert chosen({'pg/0': bag('standalone')}, wish='other') == []
    assert chosen({'pg/0': bag('standalone', database='other')}, wish='other')


def render(bags: dict[str, dict[str, str]], *, read_from_standbys: bool = True):
    servers = database.choose(bags, me=ME, database='')
    return database.settings(servers, me=ME, read_from_standbys=read_from_standbys)


def test_writes_find_a_promoted_standby_without_a_hook():
    found = render({'pg/0': bag('master'), 'pg/1': bag('hot standby', '10.0.0.2', port='5433')})

    assert found['default']['HOST'] == '10.0.0.1,10.0.0.2'
    assert found['default']['PORT'] == '5432,5433'
    assert found['default']['OPTIONS']['target_session_attrs'] == 'read-write'
    assert found['default']['OPTIONS']['sslmode'] == 'require'


def test_reads_may_go_to_the_standbys_only_when_the_operator_wants_that():
    bags = {'pg/0': bag('master'), 'pg/1': bag('hot standby', '10.0.0.2')}

    assert render(bags)['standby']['HOST'] == '10.0.0.2'
    assert 'standby' not in render(bags, read_from_standbys=False)
    assert 'standby' not in render({'pg/0': bag('standalone')})


def test_a_unit_with_another_user_is_not_mixed_in():
    found = render({'pg/0': bag('master'), 'pg/1': bag('hot standby', '10.0.0.2', user='other')})

    assert found['default']['HOST'] == '10.0.0.1'


def test_without_a_usable_unit_there_is_no_database():
    assert render({'pg/0': bag('failover')}) == {}
    assert render({}) == {}


def test_a_password_does_not_show_in_a_log():
    (server,) = database.choose({'pg/0': bag('standalone')}, me=ME, database='')

    assert 'pw' not in repr(server)
