"""The client charm's hooks and actions, run under their names against faked hook commands."""

from __future__ import annotations

import contextlib
import json
import re
import runpy
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest
import yaml
from unit.pgsql_client.hook_commands import HookCommands, bag, conninfo

CHARM = Path(__file__).resolve().parents[3] / 'charms' / 'pgsql-client'


class Unit:
    """A unit of the charm in a folder of its own; ``juju`` is what it was told and has said."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        self.juju = HookCommands()
        self._monkeypatch = monkeypatch

    @property
    def kept(self) -> list[dict[str, str]]:
        return json.loads((self.folder / 'connections.json').read_text())

    def run(self, path: str, **relation: str) -> None:
        """Run the program that Juju would run, for example ``hooks/db-relation-changed``."""
        program = self.folder / path
        assert program.resolve() == self.folder / 'hooks' / 'hooks.py'
        with self._monkeypatch.context() as context:
            self.juju.install(context, self.folder)
            if relation:
                self.juju.in_relation(context, **relation)
            context.setattr(sys, 'argv', [str(program)])
            context.setattr(sys, 'path', list(sys.path))
            context.setattr(sys, 'prefix', 'the environment that the runtime made')
            runpy.run_path(str(program), run_name='__main__')


@pytest.fixture
def unit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Unit:
    folder = tmp_path / 'charm'
    shutil.copytree(CHARM, folder, symlinks=True, ignore=shutil.ignore_patterns('__pycache__'))
    return Unit(folder, monkeypatch)


def test_every_hook_and_action_is_a_link_that_the_file_knows(unit: Unit):
    unit.juju.bags = {'db:3': {}, 'db-admin:4': {}}
    hooks = sorted(path.name for path in (CHARM / 'hooks').iterdir() if path.is_symlink())
    declared = yaml.safe_load((CHARM / 'charmcraft.yaml').read_text())

    for hook in hooks:
        unit.run(f'hooks/{hook}')

    assert sorted(path.name for path in (CHARM / 'actions').iterdir()) == sorted(
        declared['actions']
    )
    for endpoint in declared['requires']:
        assert f'{endpoint}-relation-departed' in hooks


def test_a_client_without_a_relation_is_blocked(unit: Unit):
    unit.run('hooks/config-changed')

    assert unit.juju.status == (
        'blocked',
        'no database: integrate db or db-admin with PostgreSQL',
    )
    assert unit.kept == []


def test_a_client_asks_and_waits(unit: Unit):
    unit.juju.config = {'database': 'reports', 'roles': 'reporting,standard'}
    unit.juju.bags = {'db:3': {'pg/0': {'state': 'standalone'}}}

    unit.run('hooks/db-relation-joined', relation='db:3', remote='pg/0')

    assert unit.juju.written == {'db:3': {'database': 'reports', 'roles': 'reporting,standard'}}
    assert unit.juju.status == ('waiting', 'waiting for the database')


def test_a_client_keeps_the_connections_of_all_its_relations(unit: Unit):
    unit.juju.bags = {
        'db:3': {'pg/0': bag('master', '10.0.0.1'), 'pg/1': bag('hot standby', '10.0.0.2')},
        'db-admin:4': {'other/0': bag('standalone', '10.0.0.3')},
    }

    unit.run('hooks/db-relation-changed', relation='db:3', remote='pg/1')

    assert [(one['relation'], one['role'], one['conninfo']) for one in unit.kept] == [
        ('db:3', 'master', conninfo('10.0.0.1')),
        ('db:3', 'standby', conninfo('10.0.0.2')),
        ('db-admin:4', 'master', conninfo('10.0.0.3')),
    ]
    assert unit.juju.status == ('active', 'master pg/0, 1 standby')


def test_a_departing_unit_is_not_used_though_it_is_listed(unit: Unit):
    unit.juju.bags = {'db:3': {'pg/0': bag('master'), 'pg/1': bag('standalone', '10.0.0.2')}}

    unit.run('hooks/db-relation-departed', relation='db:3', remote='pg/0', departing='pg/0')

    assert [one['unit'] for one in unit.kept] == ['pg/1']
    assert unit.juju.status == ('active', 'master pg/1')


def test_the_last_relation_takes_its_connections_with_it(unit: Unit):
    unit.juju.bags = {'db:3': {'pg/0': bag('standalone')}}
    unit.run('hooks/db-relation-changed', relation='db:3', remote='pg/0')
    unit.juju.bags = {}

    unit.run('hooks/db-relation-broken', relation='db:3')

    assert unit.kept == []


def test_connections_lists_what_is_kept(unit: Unit):
    unit.juju.bags = {'db:3': {'pg/0': bag('standalone')}}
    unit.run('hooks/db-relation-changed', relation='db:3', remote='pg/0')

    unit.run('actions/connections')

    assert json.loads(unit.juju.results['connections']) == unit.kept


class Server:
    """Stands for ``psycopg.connect`` and the session that it makes; answers with *rows*."""

    statusmessage = 'SELECT 1'

    def __init__(self, rows: list[tuple[Any, ...]]) -> None:
        self.rows = rows
        self.asked: list[tuple[str, dict[str, Any], bytes]] = []
        self.description = [type('Column', (), {'name': 'answer'})]

    def connect(self, conninfo: str, **options: Any) -> contextlib.nullcontext[Server]:
        self._target = (conninfo, options)
        return contextlib.nullcontext(self)

    def execute(self, sql: bytes) -> Server:
        if sql == b'nonsense':
            raise psycopg.errors.SyntaxError('syntax error at or near "nonsense"')
        self.asked.append((*self._target, sql))
        return self

    def fetchall(self) -> list[tuple[Any, ...]]:
        return self.rows


Query = Callable[..., Server]


@pytest.fixture
def query(unit: Unit, monkeypatch: pytest.MonkeyPatch) -> Query:
    unit.juju.bags = {
        'db:3': {'pg/0': bag('master', '10.0.0.1'), 'pg/1': bag('hot standby', '10.0.0.2')}
    }
    unit.run('hooks/db-relation-changed', relation='db:3', remote='pg/1')

    def run(rows: list[tuple[Any, ...]] | None = None, **params: str) -> Server:
        server = Server(rows if rows is not None else [(42,)])
        monkeypatch.setattr(psycopg, 'connect', server.connect)
        unit.juju.params = params
        unit.run('actions/query')
        return server

    return run


def test_query_asks_the_master(unit: Unit, query: Query):
    server = query(sql='select 42', on='master')

    assert server.asked == [
        (conninfo('10.0.0.1'), {'autocommit': True, 'connect_timeout': 10}, b'select 42')
    ]
    assert unit.juju.results == {
        'unit': 'pg/0',
        'status': 'SELECT 1',
        'columns': '["answer"]',
        'rows': '[[42]]',
    }


def test_query_asks_a_standby_and_another_database(query: Query):
    ((target, options, _),) = query(sql='select 42', on='standby', database='postgres').asked

    assert (target, options['dbname']) == (conninfo('10.0.0.2'), 'postgres')


def test_query_without_a_connection_says_so(unit: Unit, query: Query):
    query(sql='select 42', endpoint='db-admin')

    assert unit.juju.failure == 'cannot ask a master: there is none; see the status of this unit'


def test_query_hands_on_what_postgresql_says(unit: Unit, query: Query):
    query(sql='nonsense')

    assert unit.juju.failure == (
        'cannot run the statement on pg/0: syntax error at or near "nonsense"'
    )


def test_query_refuses_a_result_that_no_argument_can_hold(unit: Unit, query: Query):
    query([('x' * 200_000,)], sql='select 42')

    assert re.fullmatch(r'cannot return 2000\d\d bytes of rows: .*', unit.juju.failure or '')
    assert unit.juju.results == {}
