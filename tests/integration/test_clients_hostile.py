"""What a client may not do over its SQL session, in a real server, whatever its bags say."""

from __future__ import annotations

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg import sql
from waiting import wait_for

from pgcharm import postgres
from pgcharm.clients import apply, catalogue, grants, passwords, rules, wire

from .test_charm_grants import SEED, Server, client, pytestmark, server

__all__ = ['pytestmark', 'server']

DENIED = (psycopg.errors.InsufficientPrivilege, psycopg.errors.FeatureNotSupported)


@pytest.mark.parametrize(
    'statement',
    [
        'SELECT * FROM pg_authid',
        'SELECT rolpassword FROM pg_authid',
        'SELECT * FROM pg_shadow',
        "SELECT pg_read_file('/etc/passwd')",
        "COPY (SELECT 1) TO PROGRAM 'id'",
        "COPY (SELECT 1) TO '/tmp/stolen'",
        "CREATE TABLE IF NOT EXISTS f (t text); COPY f FROM '/etc/passwd'",
        "SELECT lo_import('/etc/passwd')",
        'CREATE ROLE mine SUPERUSER',
        'CREATE ROLE mine',
        'ALTER ROLE CURRENT_USER SUPERUSER',
        'ALTER ROLE CURRENT_USER CREATEROLE',
        'ALTER ROLE CURRENT_USER CONNECTION LIMIT -1',
        "ALTER ROLE juju_victim PASSWORD 'x'",
        'GRANT jujuowner_victim TO CURRENT_USER',
        'GRANT pg_read_all_data TO CURRENT_USER',
        'SET ROLE postgres',
        'SET ROLE jujugrantor',
        'SET SESSION AUTHORIZATION postgres',
        'SET temp_file_limit = -1',
        'CREATE EXTENSION file_fdw',
        'CREATE EXTENSION dblink',
        'ALTER SYSTEM SET log_statement = none',
        "SET ROLE jujuowner_evil; ALTER ROLE CURRENT_USER SET juju.extensions = '[]'",
        'ALTER DATABASE evil RENAME TO victim2',
        'CREATE EVENT TRIGGER t ON ddl_command_end EXECUTE FUNCTION juju.adopt()',
        'DROP EVENT TRIGGER juju_adopt',
        'ALTER EVENT TRIGGER juju_adopt DISABLE',
        'CREATE OR REPLACE FUNCTION juju.adopt() RETURNS trigger LANGUAGE sql AS $$ SELECT 1 $$',
        'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = $$postgres$$',
        'SELECT pg_reload_conf()',
        'DROP DATABASE victim',
        'CREATE DATABASE extra',
        "CREATE FUNCTION c() RETURNS int LANGUAGE c AS 'libc', 'getpid'",
        "LOAD '/lib/x86_64-linux-gnu/libc.so.6'",
        'BEGIN; LOCK TABLE pg_database IN ACCESS EXCLUSIVE MODE',
        'SELECT FROM pg_database FOR UPDATE',
        'UPDATE pg_database SET datallowconn = true',
        "SELECT lo_export(lo_from_bytea(0, 'x'), '/tmp/stolen')",
        "SELECT pg_ls_dir('/etc')",
        'SELECT pg_promote()',
        'SELECT pg_wal_replay_pause()',
        "SELECT pg_create_physical_replication_slot('mine')",
        "SELECT pg_create_restore_point('mine')",
        "CREATE SUBSCRIPTION s CONNECTION 'host=127.0.0.1' PUBLICATION p",
        'CREATE PUBLICATION p FOR ALL TABLES',
        "CREATE TABLESPACE t LOCATION '/tmp'",
        'SELECT * FROM pg_hba_file_rules',
        'SHOW data_directory',
        "SET session_preload_libraries = 'x'",
        'SET session_replication_role = replica',
    ],
)
def test_session_of_a_client_cannot(server: Server, statement: str) -> None:
    evil = client('evil')
    server.serve(evil, client('victim'))

    with server.client(evil) as connection, pytest.raises(DENIED):
        connection.execute(statement.encode())


def test_client_sees_no_statement_and_no_password_of_another(server: Server) -> None:
    evil, victim = client('evil'), client('victim')
    server.serve(evil, victim)

    with server.client(victim) as theirs, server.client(evil) as connection:
        theirs.execute("SELECT 'secret-of-the-victim'")
        rows = connection.execute('SELECT query FROM pg_stat_activity').fetchall()

    assert 'secret-of-the-victim' not in str(rows)


def test_trap_of_a_client_is_not_sprung_by_us(server: Server) -> None:
    evil, later = client('evil', 'trapped'), client('later', 'trapped', extensions='citext')
    server.serve(evil)
    with server.client(evil) as connection:
        connection.execute(
            'CREATE FUNCTION public.format(text, text, text, text) RETURNS text LANGUAGE plpgsql'
            ' AS $$ BEGIN ALTER ROLE juju_evil SUPERUSER; RETURN $1; END $$'
        )
        connection.execute(
            'CREATE FUNCTION public.current_database() RETURNS name LANGUAGE plpgsql'
            ' AS $$ BEGIN ALTER ROLE juju_evil SUPERUSER; RETURN $$x$$; END $$'.replace(
                '$$x$$', "'x'"
            )
        )
        connection.execute("ALTER DATABASE trapped SET search_path = 'public', 'pg_catalog'")
        connection.execute('CREATE TABLE bait (id int)')

    server.serve(evil, later)
    with server.client(later) as connection:
        connection.execute('CREATE TABLE more (id int)')

    supers = server.ask(b"SELECT rolname FROM pg_roles WHERE rolsuper AND rolname ~ '^juju_'")
    assert supers == []


@pytest.mark.parametrize(
    'setting',
    [
        *("client_encoding = 'SQL_ASCII'", "client_encoding = 'LATIN1'"),
        *("local_preload_libraries = 'nowhere'", "statement_timeout = '1ms'"),
        *('default_transaction_isolation = serializable', "DateStyle = 'German'"),
        *('default_transaction_deferrable = on', 'quote_all_identifiers = on'),
        *('standard_conforming_strings = off', "bytea_output = 'escape'"),
        *("IntervalStyle = 'iso_8601'", "TimeZone = 'Asia/Kathmandu'"),
    ],
)
def test_what_a_client_makes_its_database_set_stops_no_other_client_of_it(
    server: Server, setting: str
) -> None:
    evil, later = client('evil', 'odd'), client('later', 'odd', roles='é中', extensions='citext')
    server.serve(evil)
    with server.client(evil) as connection:
        connection.execute(f'ALTER DATABASE odd SET {setting}'.encode())

    try:
        server.serve(evil, later)
    finally:
        server.ask(b'ALTER DATABASE odd RESET ALL')

    with server.client(later) as connection:
        connection.execute("SELECT 'a'::citext; CREATE TABLE IF NOT EXISTS more (id int)")


def test_settings_of_a_client_are_not_read_as_a_whole(server: Server) -> None:
    evil = client('hoarder')
    server.serve(evil)
    with server.client(evil) as connection:
        connection.execute(
            f"ALTER ROLE CURRENT_USER SET search_path = '{'x' * 1_000_000}'".encode()
        )

    with server.enter() as connection:
        found = catalogue.read(connection)

    assert found.users[evil.user].settings == {
        'statement_timeout': '30s',
        'temp_file_limit': '64MB',
    }


@pytest.mark.parametrize(
    'locking',
    [
        "ALTER ROLE CURRENT_USER PASSWORD 'mine'",
        "ALTER ROLE CURRENT_USER SET work_mem = '1MB'",
        'ALTER DATABASE locked SET work_mem = 4096',
        'GRANT CREATE ON DATABASE locked TO CURRENT_USER',
        'GRANT ALL ON SCHEMA public TO CURRENT_USER',
        'SET ROLE jujuowner_locked; ALTER ROLE CURRENT_USER SET work_mem = 4096',
    ],
)
def test_transaction_of_a_client_that_locks_itself_holds_nobody_up(
    server: Server, locking: str
) -> None:
    evil, later = client('evil', 'locked'), client('later', 'locked', extensions='citext')
    server.serve(evil)
    with server.client(evil) as connection:
        connection.execute('BEGIN')
        connection.execute(locking.encode())

        server.do(grants.MakeUser(evil.user, False, 'x', grants.Limits(7, 7, 7)))
        server.serve(evil, later)
        server.serve(later)  # the other has gone

        with pytest.raises(psycopg.OperationalError):
            connection.execute('COMMIT')
    with pytest.raises(psycopg.OperationalError):
        server.client(evil).__enter__()


def test_what_a_client_made_before_its_database_was_shared_gives_it_no_power(
    server: Server,
) -> None:
    evil, later = client('early', 'squatted'), client('later', 'squatted', extensions='citext')
    server.serve(evil)
    # It enters between CREATE DATABASE and our next statement.
    server.ask(b'DROP EVENT TRIGGER juju_adopt; DROP SCHEMA juju CASCADE', 'squatted')
    with server.client(evil) as connection:
        connection.execute(
            'CREATE SCHEMA juju; GRANT ALL ON SCHEMA juju TO PUBLIC;'
            ' CREATE FUNCTION juju.adopt() RETURNS event_trigger LANGUAGE plpgsql'
            ' AS $$ BEGIN END $$; GRANT ALL ON FUNCTION juju.adopt() TO PUBLIC'
        )
    server.do(grants.Share('squatted', 'jujuowner_squatted', is_ours=True))

    with server.client(evil) as connection:
        for statement in (
            'ALTER FUNCTION juju.adopt() SECURITY INVOKER',
            (
                'CREATE OR REPLACE FUNCTION juju.adopt() RETURNS event_trigger LANGUAGE plpgsql'
                ' AS $$ BEGIN ALTER ROLE juju_early SUPERUSER; END $$'
            ),
            'DROP FUNCTION juju.adopt() CASCADE',
            'ALTER SCHEMA juju RENAME TO other',
        ):
            with pytest.raises(DENIED):
                connection.execute(statement.encode())
        connection.execute('CREATE TABLE bait (id int)')
    server.serve(evil, later)
    assert server.ask(b"SELECT FROM pg_roles WHERE rolsuper AND rolname ~ '^juju_'") == []


def test_database_that_a_client_closed_is_its_own_loss(server: Server) -> None:
    evil, door = client('closer', 'closed'), client('closer', 'second')
    other, later = client('other'), client('later', 'closed', extensions='citext')
    server.serve(evil, door)
    with server.client(door) as connection:
        connection.execute('ALTER DATABASE closed ALLOW_CONNECTIONS false')

    with server.enter() as connection:
        known = {one.user: passwords.derive(SEED, one.user) for one in (evil, door, other, later)}
        todo = server.plan(connection, (evil, door, other, later), known)
        failed = apply.apply_all(todo, connection, server.enter)

    assert [text for text in failed if 'closed' not in text] == []
    assert failed
    with server.client(other) as connection:
        assert connection.execute('SELECT current_database()').fetchone() == ('other',)
    server.ask(b'ALTER DATABASE closed ALLOW_CONNECTIONS true')
    server.serve(evil, door, other, later)


def test_objects_of_any_name_are_shared_and_run_nothing(server: Server) -> None:
    one, two = client('namer', 'names'), client('reader', 'names')
    server.serve(one, two)
    odd = ('a"b', "it's", '%I %s %%', 'new\nline', '; DROP TABLE x; --', 'Ünï', '\\', 'a.b', '$$')

    with server.client(one) as connection:
        for name in odd:
            quoted = sql.Identifier(name)
            for text in (
                'CREATE SCHEMA {}',
                'CREATE TABLE {0}.{0} ({0} int)',
                'CREATE FUNCTION {0}.{0}({0} {0}.{0}) RETURNS int LANGUAGE sql AS $_$SELECT 1$_$',
                'CREATE VIEW {0}.view AS SELECT * FROM {0}.{0}',
            ):
                connection.execute(sql.SQL(text).format(quoted))

    with server.client(two) as connection:
        for name in odd:
            quoted = sql.Identifier(name)
            connection.execute(sql.SQL('INSERT INTO {0}.{0} VALUES (1)').format(quoted))
            connection.execute(sql.SQL('DROP SCHEMA {} CASCADE').format(quoted))


def test_client_that_takes_all_its_connections_leaves_some(server: Server) -> None:
    greedy, modest = client('greedy'), client('modest')
    server.serve(greedy, modest)
    taken = [server.client(greedy) for _ in range(5)]

    for one in taken:
        one.__enter__()
    try:
        with pytest.raises(psycopg.OperationalError, match='too many connections'):
            server.client(greedy).__enter__()
        with server.client(modest) as connection:
            assert connection.execute('SHOW statement_timeout').fetchone() == ('30s',)
            assert connection.execute('SHOW temp_file_limit').fetchone() == ('64MB',)
    finally:
        for one in taken:
            one.__exit__(None, None, None)


@pytest.mark.parametrize(
    'name',
    [
        *('with "quotes"', "o'clock", 'semi; DROP DATABASE postgres; --', 'Upper Case', '%s {}'),
        *('é中\U0001f418', '\\', '$$', 'x' * 63, '-dash', '1st', 'select', '"'),
    ],
)
def test_odd_name_is_a_name(server: Server, name: str) -> None:
    odd = client('odd', name, roles=name.replace(',', ''))

    server.serve(odd)

    with server.client(odd) as connection:
        connection.execute('CREATE TABLE made (id int)')
        assert connection.execute('SELECT current_database()').fetchone() == (name,)
        member = connection.execute("SELECT pg_has_role(%s, 'member')", [name]).fetchone()
    assert member == (True,)


def test_applications_that_share_a_database_have_each_their_own_roles(server: Server) -> None:
    one, two = client('one', 'both', roles='readers'), client('two', 'both', roles='writers')

    server.serve(one, two)

    rows = server.ask(
        b'SELECT pg_get_userbyid(member), pg_get_userbyid(roleid) FROM pg_auth_members'
        b" WHERE pg_get_userbyid(roleid) IN ('readers', 'writers')"
        b" AND pg_get_userbyid(member) <> 'jujugrantor' ORDER BY 1"
    )
    assert rows == [('juju_one', 'readers'), ('juju_two', 'writers')]


def test_client_that_flips_its_database_has_the_last_one_and_loses_nothing(
    server: Server,
) -> None:
    heads, tails = client('flip', 'heads'), client('flip', 'tails')
    for number in range(3):
        for side in (heads, tails):
            server.serve(side)
            with server.client(side) as connection:
                connection.execute(f'CREATE TABLE made{number} (id int)'.encode())

    with pytest.raises(psycopg.OperationalError, match='permission denied'):
        server.client(heads).__enter__()
    made = server.ask(b"SELECT count(*) FROM pg_tables WHERE tablename ~ '^made'", 'heads')
    assert made == [(3,)]


def test_session_ends_that_comes_from_where_nobody_is_any_more(server: Server) -> None:
    web = client('moved')
    server.serve(web)
    with server.client_from('127.0.0.2', web) as gone, server.client_from('127.0.0.3', web) as one:
        with server.enter() as connection:
            apply.end_sessions(connection, [web.user], ['127.0.0.2/32'])
        with pytest.raises(psycopg.OperationalError):
            gone.execute('SELECT 1')
        assert one.execute('SELECT host(inet_client_addr())').fetchone() == ('127.0.0.3',)

        with server.enter() as connection:
            apply.end_sessions(connection, [web.user], [])
        with pytest.raises(psycopg.OperationalError):
            one.execute('SELECT 1')


def test_no_password_reaches_the_log_even_when_all_is_logged(server: Server) -> None:
    server.ask(b"ALTER ROLE postgres SET log_statement = 'all'")
    try:
        server.serve(client('quiet'))
    finally:
        server.ask(b'ALTER ROLE postgres RESET log_statement')

    log = (server.folder / 'log').read_text()
    assert 'juju_quiet' in log
    assert passwords.derive(SEED, 'juju_quiet') not in log


def test_rotated_user_has_all_and_the_former_one_goes(server: Server) -> None:
    before, after = client('spun', roles='editors'), client('spun', roles='editors', generation=2)
    server.serve(before)
    server.ask(b'CREATE ROLE by_hand_spun; GRANT by_hand_spun TO juju_spun')
    with server.client(before) as session:
        session.execute('CREATE TABLE t (id int)')

        server.serve(after)

        session.execute('INSERT INTO t VALUES (1)')
        with server.client(after) as connection:
            connection.execute('INSERT INTO t VALUES (2)')
            assert connection.execute(
                "SELECT pg_has_role('by_hand_spun', 'usage'), pg_has_role('editors', 'usage')"
            ).fetchone() == (True, True)
    wait_for(lambda: not server.ask(b"SELECT FROM pg_stat_activity WHERE usename = 'juju_spun'"))
    server.serve(after)
    with pytest.raises(psycopg.OperationalError):
        server.client(before).__enter__()


def test_forgotten_user_is_dropped_and_its_tables_stay(server: Server) -> None:
    old = client('bygone')
    server.serve(old)
    server.ask(b'CREATE SCHEMA odd AUTHORIZATION juju_bygone', 'bygone')
    with server.client(old) as connection:
        connection.execute('CREATE TABLE kept AS SELECT 7 AS id')
    server.serve()

    server.do(grants.Forget('juju_bygone'))

    assert server.ask(b"SELECT FROM pg_roles WHERE rolname = 'juju_bygone'") == []
    assert server.ask(b'SELECT id FROM kept', 'bygone') == [(7,)]


@settings(
    max_examples=10,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    st.text(st.characters(exclude_categories=['Cs']), max_size=12),
    st.lists(st.text(st.characters(exclude_categories=['Cs']), max_size=12), max_size=4),
    st.text(max_size=12) | st.sampled_from(['citext', 'citext(Odd "x")', 'citext:é']),
)
def test_any_wishes_are_well_formed_statements(
    server: Server, database: str, roles: list[str], extensions: str
) -> None:
    wishes = client('any', database, ','.join(roles), extensions=extensions)

    server.serve(wishes)  # which asserts that nothing failed and nothing is left

    if wishes.is_usable:
        with server.client(wishes):
            pass


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    st.lists(st.text(st.characters(exclude_categories=['Cs']), max_size=20), max_size=5),
    st.lists(st.ip_addresses().map(str) | st.text(max_size=10), max_size=4),
)
def test_rules_of_any_bags_parse_and_admit_exactly_the_authorised(
    server: Server, databases: list[str], addresses: list[str]
) -> None:
    units = {
        f'web/{number}': {'private-address': address} for number, address in enumerate(addresses)
    }
    clients = [
        wire.judge(wire.read(number, 'db', 'web', {'database': name}, units), wire.Policy())
        for number, name in enumerate(databases)
    ]
    before = server.hba.read_text()

    server.hba.write_text(f'{before}{rules.render(clients)}\n')
    try:
        with server.enter() as connection:
            assert postgres.hba_errors(connection) == ()
            read = connection.execute(
                'SELECT database[1], host(address::inet) FROM pg_hba_file_rules'
                " WHERE user_name = '{juju_web}' AND type = 'hostssl'"
            ).fetchall()
    finally:
        server.hba.write_text(before)
    assert {(name, address) for name, address in read} == {
        (one.database_name, network.partition('/')[0])
        for one in clients
        if one.is_usable
        for network in one.networks
    }
