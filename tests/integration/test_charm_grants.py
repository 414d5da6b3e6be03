"""What clients may do in a real server, once their roles and databases are as planned."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Generator, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import psycopg
import pytest
import relays

from pgcharm import packages, pki, postgres
from pgcharm.clients import apply, catalogue, grants, names, passwords, rules, wire

SEED = 'seed'
TERMS = grants.Terms(now=1000.0, limits=grants.Limits(5, 30, 64))
BIN = Path(f'/usr/lib/postgresql/{packages.default_version()}/bin')

pytestmark = pytest.mark.skipif(not BIN.is_dir(), reason='there is no PostgreSQL')


@dataclasses.dataclass(frozen=True)
class Server:
    """A PostgreSQL that listens on a Unix socket and on 127.0.0.1."""

    folder: Path
    port: int

    @property
    def hba(self) -> Path:
        return self.folder / 'data' / 'pg_hba.conf'

    def enter(
        self, database: str = 'postgres', user: str = 'postgres', password: str = 'secret'
    ) -> contextlib.AbstractContextManager[postgres.Connection]:
        return postgres.connect(str(self.folder), self.port, user, password, database)

    def ask(self, statement: bytes, database: str = 'postgres') -> list[Any]:
        with self.enter(database) as connection:
            cursor = connection.execute(statement)
            return cursor.fetchall() if cursor.description else []

    def serve(self, *clients: wire.Client) -> None:
        """Do what the plan says, as a hook does."""
        with self.enter() as connection:
            known = {client.user: passwords.derive(SEED, client.user) for client in clients}
            for _ in range(2):  # a rotated user has its rights from the one before it
                todo = self.plan(connection, clients, known)
                failed = apply.apply_all(todo, connection, self.enter)
                assert failed == ()
            rest = self.plan(connection, clients, known)
        assert rest == ()

    def do(self, *statements: grants.Statement) -> None:
        """Do *statements*, none of which may fail."""
        with self.enter() as connection:
            assert apply.apply_all(statements, connection, self.enter) == ()

    def plan(
        self,
        connection: postgres.Connection,
        clients: Iterable[wire.Client],
        known: Mapping[str, str],
    ) -> tuple[grants.Statement, ...]:
        found = catalogue.read(connection)
        return grants.plan(grants.checked(clients, found), found, known, TERMS)

    @contextlib.contextmanager
    def client_from(
        self, source: str, client: wire.Client
    ) -> Generator[postgres.Connection, None, None]:
        """Give a client's session that comes from an address of this machine."""
        with relays.relay(self.port, source) as port:
            password = passwords.derive(SEED, client.user)
            with postgres.connect(
                '127.0.0.1', port, client.user, password, client.database_name
            ) as connection:
                yield connection

    def client(
        self, client: wire.Client
    ) -> contextlib.AbstractContextManager[postgres.Connection]:
        password = passwords.derive(SEED, client.user)
        return self.enter(client.database_name, client.user, password)


@pytest.fixture(scope='module')
def server() -> Iterator[Server]:
    folder = Path(tempfile.mkdtemp(prefix='pg-'))  # a short path: a socket's is 107 bytes at most
    data = folder / 'data'
    who: dict[str, Any] = {}
    if os.geteuid() == 0:
        shutil.chown(folder, 'postgres', 'postgres')
        who = {'user': 'postgres', 'group': 'postgres', 'extra_groups': []}
    secret = folder / 'secret'
    secret.write_text('secret')
    initdb = [f'--pgdata={data}', '--username=postgres', f'--pwfile={secret}']
    initdb += ['--auth=scram-sha-256', '--no-sync', '--encoding=UTF8', '--locale=C.UTF-8']
    subprocess.run([BIN / 'initdb', *initdb], check=True, capture_output=True, cwd=folder, **who)
    certificate = pki.issue(pki.make_ca('test'), 'server', ['localhost'])
    for path, text in (('server.crt', certificate.cert_pem), ('server.key', certificate.key_pem)):
        (data / path).write_text(text)
        (data / path).chmod(0o600)
        if who:
            shutil.chown(data / path, 'postgres', 'postgres')
    with socket.create_server(('127.0.0.1', 0)) as free:
        port = int(free.getsockname()[1])
    with (data / 'pg_hba.conf').open('a') as rules_:
        rules_.write('hostssl all all 127.0.0.0/8 scram-sha-256\n')
    options = (
        f'-c listen_addresses=127.0.0.1 -c port={port} -c unix_socket_directories={folder}'
        ' -c fsync=off -c ssl=on'
    )
    control = [BIN / 'pg_ctl', f'--pgdata={data}', '--wait', '--silent']
    log = f'--log={folder / "log"}'
    start = [*control, 'start', log, f'--options={options}']
    subprocess.run(start, check=True, capture_output=True, cwd=folder, **who)
    try:
        yield Server(folder, port)
    finally:
        stop = [*control, 'stop', '--mode=immediate']
        subprocess.run(stop, check=True, capture_output=True, cwd=folder, **who)
        shutil.rmtree(folder)


def client(
    application: str,
    database: str = '',
    roles: str = '',
    endpoint: str = 'db',
    *,
    extensions: str = '',
    generation: int = 1,
) -> wire.Client:
    asked = {'database': database, 'roles': roles, 'extensions': extensions}
    units = {f'{application}/0': {'egress-subnets': '10.0.0.1/32'}}
    generations = {names.user(application, admin=False): (generation, 0.0)}
    policy = wire.Policy(extensions=frozenset(['citext']), generations=generations)
    return wire.judge(wire.read(1, endpoint, application, asked, units), policy)


def test_applications_that_share_a_database_see_and_change_each_other_s_tables(
    server: Server,
) -> None:
    web, cron = client('web', 'shared'), client('cron', 'shared')
    server.serve(web, cron)

    with server.client(web) as connection:
        connection.execute('CREATE TABLE item (id serial PRIMARY KEY, name text)')
        connection.execute("INSERT INTO item (name) VALUES ('pen')")
    with server.client(cron) as connection:
        connection.execute("INSERT INTO item (name) VALUES ('ink')")
        connection.execute('ALTER TABLE item ADD price numeric')

    assert server.ask(b'SELECT name FROM item ORDER BY id', 'shared') == [('pen',), ('ink',)]


@pytest.mark.parametrize(
    ('kind', 'definition'),
    [
        ('TABLE', 'one (id int GENERATED ALWAYS AS IDENTITY)'),
        ('TABLE', '"Odd "" name" (id serial) PARTITION BY RANGE (id)'),
        ('VIEW', 'two AS SELECT 1'),
        ('MATERIALIZED VIEW', 'three AS SELECT 1'),
        ('SEQUENCE', 'four'),
        ('SCHEMA', 'five'),
        ('TYPE', "six AS ENUM ('a')"),
        ('TYPE', 'seven AS (a int)'),
        ('DOMAIN', 'eight AS int'),
        ('FUNCTION', 'nine(int) RETURNS int LANGUAGE sql AS $$ SELECT 1 $$'),
        ('PROCEDURE', 'ten() LANGUAGE sql AS $$ SELECT 1 $$'),
        ('AGGREGATE', 'eleven(int) (SFUNC = int4pl, STYPE = int)'),
    ],
)
def test_what_a_client_makes_belongs_to_the_database_s_owner(
    server: Server, kind: str, definition: str
) -> None:
    maker = client('maker')
    server.serve(maker)

    with server.client(maker) as connection:
        connection.execute(f'CREATE {kind} {definition}'.encode())

    left = server.ask(
        b"SELECT objid FROM pg_shdepend WHERE refobjid = 'juju_maker'::regrole AND deptype = 'o'",
        'maker',
    )
    assert left == []


def test_temporary_tables_and_what_people_make_stay_theirs(server: Server) -> None:
    mixed = client('mixed')
    server.serve(mixed)
    server.ask(b'CREATE ROLE person; CREATE SCHEMA hers AUTHORIZATION person', 'mixed')

    with server.client(mixed) as connection:
        connection.execute('CREATE TEMPORARY TABLE mine (id int)')
        (owner,) = connection.execute(
            "SELECT tableowner FROM pg_tables WHERE tablename = 'mine'"
        ).fetchall()

    assert owner == ('juju_mixed',)
    assert server.ask(
        b"SELECT nspowner::regrole::text FROM pg_namespace WHERE nspname = 'hers'", 'mixed'
    ) == [('person',)]


def test_roles_are_granted_and_taken_back_and_those_by_hand_survive(server: Server) -> None:
    server.ask(b'CREATE ROLE reporting; CREATE ROLE by_hand')
    server.serve(client('shop', roles='reporting, fresh'))
    server.ask(b'GRANT by_hand TO juju_shop')
    assert _roles(server, 'juju_shop') == {'reporting', 'fresh', 'by_hand', 'jujuowner_shop'}

    server.serve(client('shop', roles='fresh'))

    assert _roles(server, 'juju_shop') == {'fresh', 'by_hand', 'jujuowner_shop'}


def test_a_role_that_was_granted_by_hand_before_is_not_taken_back(server: Server) -> None:
    server.serve(client('early'))
    server.ask(b'CREATE ROLE trusted; GRANT trusted TO juju_early')
    server.serve(client('early', roles='trusted'))

    server.serve(client('early'))

    assert 'trusted' in _roles(server, 'juju_early')


def test_a_role_that_was_asked_for_gives_its_rights(server: Server) -> None:
    server.serve(client('reader', 'library', 'lender'), client('writer', 'library'))
    server.ask(
        b'CREATE TABLE public.loan (id int); GRANT SELECT ON public.loan TO lender', 'library'
    )

    with server.client(client('reader', 'library')) as connection:
        assert connection.execute('SELECT count(*) FROM loan').fetchone() == (0,)
    with (
        server.client(client('writer', 'library')) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute('SELECT count(*) FROM loan')


def test_nobody_gets_a_superuser_s_powers_by_asking_for_a_role(server: Server) -> None:
    server.ask(
        b'CREATE ROLE boss SUPERUSER; CREATE ROLE deputy IN ROLE boss;'
        b' CREATE ROLE files IN ROLE pg_read_server_files; CREATE ROLE somebody LOGIN'
    )

    for role in ('boss', 'deputy', 'files', 'somebody'):
        with server.enter() as connection:
            found = catalogue.read(connection)
        (told,) = grants.checked([client('hostile', roles=role)], found)

        todo = grants.plan([told], found, {told.user: 'x'})
        assert {type(statement) for statement in todo} <= {grants.LockOut}
        assert not grants.is_served(told, found, 'x')
        assert role in told.faults[0]


def test_broken_relation_locks_out_and_a_new_one_gives_the_same_rights(server: Server) -> None:
    blog = client('blog', roles='editors')
    server.serve(blog)
    with server.client(blog) as connection:
        connection.execute('CREATE TABLE post (id int)')
        before = _roles(server, 'juju_blog')

        server.serve()

        with pytest.raises(psycopg.OperationalError):
            connection.execute('SELECT 1')
    with pytest.raises(psycopg.OperationalError, match='authentication failed'):
        server.client(blog).__enter__()

    server.serve(blog)

    assert _roles(server, 'juju_blog') == before
    with server.client(blog) as connection:
        connection.execute('INSERT INTO post VALUES (1)')


def test_admin_is_a_superuser_and_an_ordinary_client_is_not(server: Server) -> None:
    server.serve(client('boss', endpoint='db-admin'), client('clerk'))

    supers = server.ask(b"SELECT rolname FROM pg_roles WHERE rolsuper AND rolname ~ '^juju'")
    assert supers == [('jujuadmin_boss',)]


def test_client_enters_no_database_of_another(server: Server) -> None:
    server.serve(client('mine'), client('yours'))

    with pytest.raises(psycopg.OperationalError, match='permission denied'):
        server.enter('yours', 'juju_mine', passwords.derive(SEED, 'juju_mine')).__enter__()


def test_database_made_by_hand_is_shared_and_stays_its_maker_s(server: Server) -> None:
    server.ask(b'CREATE DATABASE manual')
    manual = client('app', 'manual')

    server.serve(manual)

    with server.client(manual) as connection:
        connection.execute('CREATE TABLE added (id int)')
    assert server.ask(
        b"SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = 'manual'"
    ) == [('postgres',)]


def test_settings_of_a_hostile_database_s_owner_do_not_stop_the_next_client(
    server: Server,
) -> None:
    first, second = client('first', 'trap'), client('second', 'trap')
    server.serve(first)
    with server.client(first) as connection:
        connection.execute("ALTER DATABASE trap SET search_path = 'nowhere'")
        connection.execute("ALTER DATABASE trap SET role = 'juju_first'")
        connection.execute("ALTER DATABASE trap SET default_transaction_read_only = 'on'")

    server.serve(first, second)

    assert 'jujuowner_trap' in _roles(server, 'juju_second')


def test_stale_password_is_set_again(server: Server) -> None:
    adopted = client('adopted')
    server.serve(adopted)
    server.ask(b"ALTER ROLE juju_adopted PASSWORD 'of another secret'")

    server.serve(adopted)

    with server.client(adopted):
        pass


def test_rule_of_any_name_is_one_that_postgresql_reads_as_it_is_meant(server: Server) -> None:
    odd = ['all', '+group', 'with "quotes"', 'spaces and, commas', '#', "o'clock", 'é中', '\\']
    clients = [client('odd', name) for name in odd]
    usable = [one for one in clients if one.is_usable]
    before = server.hba.read_text()

    server.hba.write_text(before + rules.render(usable) + '\n')

    with server.enter() as connection:
        assert postgres.hba_errors(connection) == ()
        read = connection.execute(
            "SELECT database FROM pg_hba_file_rules WHERE user_name = '{juju_odd}'"
        ).fetchall()
    server.hba.write_text(before)
    assert sorted(name for ((name,),) in read) == sorted(one.database_name for one in usable)
    assert len(usable) == len(odd) - 2


def _roles(server: Server, user: str) -> set[str]:
    rows = server.ask(
        b'SELECT pg_get_userbyid(roleid), pg_get_userbyid(member) FROM pg_auth_members'
    )
    return {role for role, member in rows if member == user}
