"""Clients of every age against one PostgreSQL, judged by SQL sessions of their own.

The charms are what each generation's documentation asks for: ``client-bash`` follows the seed,
``client-reactive`` the rules of the reactive interface, ``client-v2`` is made with ops-lib-pgsql,
and ``pgsql-client`` with charmhelpers.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from conftest import Run
from waiting import wait_for

MODEL = 'ages'
AGES = ('client-bash', 'client-reactive', 'client-v2')
CHARMS = Path(__file__).parents[1] / 'charms'


class Model:
    """What a test asks of the model, and of the clients in it."""

    def __init__(self, solo: Run) -> None:
        self._solo = solo

    def do(self, verb: str, *arguments: str) -> None:
        """Run a verb that has to succeed."""
        done = self._solo(verb, '-m', MODEL, *arguments)
        assert done.returncode == 0, done.stdout + done.stderr

    def ask(self, verb: str, *arguments: str) -> Any:
        """Return what a verb answers."""
        done = self._solo(verb, '-m', MODEL, *arguments, '--format', 'json')
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def act(self, unit: str, *arguments: str) -> dict[str, str]:
        """Return the results of an action."""
        return self.ask('run', unit, *arguments)[unit]['results']

    def master(self, application: str, unit: int = 0) -> str:
        """Return the connection string that a client would use, once it has one."""
        return wait_for(
            lambda: self.act(f'{application}/{unit}', 'connections').get('master', ''),
            timeout=120,
            every=0.5,
            message=f'{application}/{unit} finds a master',
        )

    def is_related(self, application: str) -> bool:
        """Tell whether the relation is there, or not yet gone."""
        return bool(self.ask('status')['applications'][application].get('relations'))

    def bag(self, client: str, owner: str = 'pg/0') -> dict[str, str]:
        """Return what the database says to *client* in *owner*'s bag."""
        (found,) = [
            info
            for info in self.ask('show-unit', client)[client]['relation-info']
            if info['endpoint'] == 'db'
        ]
        if '/' not in owner:
            return found.get('application-data', {})
        return found['related-units'][owner]['data']

    def status(self, unit: str) -> dict[str, str]:
        """Return a unit's workload status."""
        units = self.ask('status')['applications'][unit.partition('/')[0]]['units']
        return units[unit]['workload-status']

    def row(self, conninfo: str, query: str) -> tuple[Any, ...] | None:
        """Return the first row of a query, None where it has none."""
        with psycopg.connect(conninfo, autocommit=True, connect_timeout=10) as connection:
            cursor = connection.execute(query.encode())
            return cursor.fetchone() if cursor.description else None


@pytest.fixture(scope='module')
def model(solo: Run) -> Iterator[Model]:
    """A PostgreSQL with a client of each age, which share a database."""
    assert solo('add-model', MODEL, '--no-switch').returncode == 0
    here = Model(solo)
    here.do('deploy', 'postgresql', 'pg', '--config', 'profile=testing')
    for age in AGES:
        here.do('deploy', str(CHARMS / age), '--config', 'database=shared')
        here.do('integrate', f'{age}:db', 'pg:db')
    yield here
    ended = solo('destroy-model', MODEL, '--no-prompt', '--destroy-storage', '--force')
    assert ended.returncode == 0, ended.stderr


def test_each_age_writes_and_the_others_see_and_change_it(model: Model) -> None:
    strings = {age: model.master(age) for age in AGES}

    for age, conninfo in strings.items():
        table = age.replace('-', '_')
        model.row(conninfo, f"CREATE TABLE {table} (by text); INSERT INTO {table} VALUES ('me')")
        for other in strings.values():
            model.row(other, f"INSERT INTO {table} VALUES ('another')")

        assert model.row(conninfo, f'SELECT count(*) FROM {table}') == (1 + len(AGES),)
    users = {model.row(conninfo, 'SELECT current_user') for conninfo in strings.values()}
    assert users == {(f'juju_{age}',) for age in AGES}


def test_wishes_are_granted_and_echoed_in_both_bags(model: Model) -> None:
    model.master('client-v2')

    for age in ('client-reactive', 'client-v2'):
        model.do('config', age, 'roles=reporting,standard', 'extensions=citext,pg_trgm(tools)')
    # The library asks once, when it joins.
    model.do('remove-relation', 'client-v2:db', 'pg:db', '--wait')
    model.do('integrate', 'client-v2:db', 'pg:db')

    for age in ('client-reactive', 'client-v2'):

        def has_them(age: str = age) -> bool:
            bag = model.bag(f'{age}/0')
            return bag.get('extensions') == 'citext,pg_trgm(tools)'

        wait_for(has_them, timeout=120, every=0.5)
        conninfo = model.master(age)
        bag = model.bag(f'{age}/0')
        assert (bag['database'], bag['roles']) == ('shared', 'reporting,standard')
        assert model.row(
            conninfo, "SELECT pg_has_role('reporting', 'member'), 'A'::citext = 'a'::citext"
        ) == (True, True)
    shared = model.bag('client-v2/0', 'pg')
    assert shared['extensions'] == 'citext,pg_trgm(tools)'
    assert 'password=' in shared['master']


def test_second_unit_of_a_client_is_let_in(model: Model) -> None:
    model.do('add-unit', 'client-bash')

    assert model.row(model.master('client-bash', 1), 'SELECT 1') == (1,)
    assert model.bag('client-bash/1')['allowed-units'] == 'client-bash/0 client-bash/1'

    model.do('remove-unit', 'client-bash/1', '--no-prompt')
    wait_for(
        lambda: model.bag('client-bash/0')['allowed-units'] == 'client-bash/0',
        timeout=120,
        every=0.5,
    )


def test_database_changes_later_and_back(model: Model) -> None:
    model.master('client-bash')
    for name in ('other', 'shared'):
        model.do('config', 'client-bash', f'database={name}')

        wait_for(
            lambda name=name: f"dbname='{name}'" in model.master('client-bash'),
            timeout=120,
            every=0.5,
        )
        assert model.row(model.master('client-bash'), 'SELECT current_database()') == (name,)


def test_nonsense_is_answered_and_costs_the_others_nothing(model: Model) -> None:
    steady = model.master('client-reactive')
    before = model.master('client-bash')

    for name in ('postgres', 'x' * 70, 'two\nlines', '"; DROP DATABASE shared; --', 'pg_x'):
        model.do('config', 'client-bash', f'database={name}')
        if '"' in name:  # odd, but a name
            continue

        def refused(name: str = name) -> dict[str, str] | None:
            bag = model.bag('client-bash/0')
            is_about_it = bag.get('refused', '').startswith(f'database {name[:60]!a}')
            return bag if is_about_it else None

        said = wait_for(refused, timeout=120, every=0.5)
        assert set(said) <= {'state', 'refused', 'egress-subnets', 'ingress-address'} | {
            'private-address'
        }
        assert model.row(steady, 'SELECT 1') == (1,)
    assert model.status('pg/0')['current'] == 'active'

    model.do('config', 'client-bash', 'database=shared')
    wait_for(lambda: model.master('client-bash') == before, timeout=120, every=0.5)
    assert model.row(before, 'SELECT current_database()') == ('shared',)


def test_password_is_rotated_without_a_gap(model: Model) -> None:
    before = model.master('client-reactive')
    with psycopg.connect(before, autocommit=True) as session:
        results = model.act('pg/0', 'rotate-password')
        assert 'juju_client-reactive_2' in results.values()

        def rotated() -> str | None:
            now = model.master('client-reactive')
            return None if now == before else now

        after = wait_for(rotated, timeout=120, every=0.5)

        assert session.execute('SELECT 1').fetchone() == (1,)
        assert model.row(before, 'SELECT 1') == (1,)
        assert model.row(after, 'SELECT current_user') == ('juju_client-reactive_2',)
        model.row(after, "INSERT INTO client_bash VALUES ('rotated')")


def test_clients_are_listed_with_what_keeps_them(model: Model) -> None:
    listed = model.act('pg/0', 'list-clients')

    table = listed['clients'].splitlines()
    assert len(table) == 1 + len(AGES)
    assert [row.split()[1] for row in sorted(table[1:])] == sorted(AGES)


def test_connection_of_a_client_can_be_asked_for(model: Model) -> None:
    (name,) = [
        row.split()[0]
        for row in model.act('pg/0', 'list-clients')['clients'].splitlines()
        if 'client-bash' in row
    ]

    uri = model.act('pg/0', 'get-connection', f'relation={name}')['uri']

    assert model.row(uri, 'SELECT current_database()') == ('shared',)


def test_removed_relation_locks_out_and_a_new_one_gives_all_back(model: Model) -> None:
    conninfo = model.master('client-bash')
    model.row(conninfo, 'CREATE TABLE kept (id int); INSERT INTO kept VALUES (7)')
    with contextlib.closing(psycopg.connect(conninfo, autocommit=True)) as session:
        model.do('remove-relation', 'client-bash:db', 'pg:db')

        wait_for(lambda: not _is_alive(session), timeout=120)
    wait_for(lambda: not _can_connect(conninfo), timeout=60)

    wait_for(lambda: not model.is_related('client-bash'), timeout=120)
    model.do('integrate', 'client-bash:db', 'pg:db')

    wait_for(lambda: _can_connect(conninfo), timeout=120)
    assert model.row(conninfo, 'SELECT id FROM kept') == (7,)
    assert model.master('client-bash') == conninfo


def test_admin_is_served_until_the_operator_forbids_it(model: Model) -> None:
    model.do('deploy', str(CHARMS / 'client-bash'), 'boss')
    model.do('integrate', 'boss:db', 'pg:db-admin')
    conninfo = model.master('boss')
    assert model.row(conninfo, 'SELECT rolsuper FROM pg_roles WHERE rolname = current_user') == (
        True,
    )

    model.do('config', 'pg', 'allow-db-admin=false')
    wait_for(lambda: not _can_connect(conninfo), timeout=120, every=0.5)

    def blocked() -> str | None:
        status = model.status('pg/0')
        return status['message'] if status['current'] == 'blocked' else None

    message = wait_for(blocked, timeout=60)
    assert 'allow-db-admin' in message and 'boss' in message

    model.do('config', 'pg', 'allow-db-admin=true')
    wait_for(lambda: _can_connect(conninfo), timeout=120, every=0.5)


def _is_alive(session: psycopg.Connection[Any]) -> bool:
    try:
        session.execute('SELECT 1')
    except psycopg.OperationalError:
        return False
    return True


def _can_connect(conninfo: str) -> bool:
    try:
        psycopg.connect(conninfo, connect_timeout=10).close()
    except psycopg.OperationalError:
        return False
    return True


def test_every_age_follows_to_another_unit_and_loses_nothing(model: Model) -> None:
    # What another test may have left.
    model.do('config', 'client-bash', 'database=shared')
    strings = {age: model.master(age) for age in AGES}
    model.row(strings['client-v2'], 'CREATE TABLE IF NOT EXISTS moved (by text)')
    for age, conninfo in strings.items():
        model.row(conninfo, f"INSERT INTO moved VALUES ('{age}')")

    model.do('add-unit', 'pg')

    def standby() -> str:
        return model.act('client-reactive/0', 'connections').get('standbys', '')

    replica = wait_for(standby, timeout=300, every=0.5)
    wait_for(
        lambda: model.row(replica, 'SELECT count(*), pg_is_in_recovery() FROM moved') == (3, True),
        timeout=60,
        catch=(psycopg.Error,),
    )
    assert model.bag('client-bash/0')['state'] == 'master'
    assert model.bag('client-bash/0', 'pg/1')['state'] == 'hot standby'

    model.do('remove-unit', 'pg/0', '--no-prompt', '--destroy-storage')

    for age in AGES:

        def has_moved(age: str = age) -> bool:
            host = model.bag(f'{age}/0', 'pg/1')['host']
            found = model.row(model.master(age), 'SELECT host(inet_server_addr())')
            return found == (host,)

        wait_for(has_moved, timeout=300, every=0.5, catch=(psycopg.Error, KeyError))
        model.row(model.master(age), "INSERT INTO moved VALUES ('after')")
    wait_for(
        lambda: model.bag('client-bash/0', 'pg/1')['state'] == 'standalone',
        timeout=120,
        every=0.5,
        catch=(KeyError,),
    )
    assert model.row(model.master('client-bash'), 'SELECT count(*) FROM moved') == (6,)
