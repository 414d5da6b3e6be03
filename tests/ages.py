"""A PostgreSQL with a client of each age, which share a database; judged by SQL of their own.

The charms are what each generation's documentation asks for: ``pgsql-client`` is the seed's
example with charmhelpers, ``client-bash`` follows the seed in plain shell, ``client-reactive`` the
rules of the reactive interface, and ``client-v2`` is made with ops-lib-pgsql.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Generator, Iterable, Mapping
from pathlib import Path
from typing import Any

import processes
import psycopg
from conftest import Run
from waiting import wait_for

from pgcharm import layout

AGES = ('client-bash', 'client-reactive', 'client-v2', 'seed')
DATABASE = 'shared'
_CHARMS = Path(__file__).parent / 'charms'
_LONG = 300.0


class Model:
    """What a test asks of the model, and of the clients in it.

    Args:
        solo: The command line.
        name: The model's.
    """

    def __init__(self, solo: Run, name: str) -> None:
        self._solo = solo
        self.name = name

    def deploy(self, ages: Iterable[str] = AGES, **options: str) -> None:
        """Deploy one PostgreSQL and the clients, and relate them."""
        settings = {'profile': 'testing', **options}
        flags = [f'--config={key}={value}' for key, value in settings.items()]
        self.do('deploy', 'postgresql', 'pg', *flags)
        for age in ages:
            charm = 'pgsql-client' if age == 'seed' else str(_CHARMS / age)
            self.do('deploy', charm, age, '--config', f'database={DATABASE}')
            self.do('integrate', f'{age}:db', 'pg:db')

    def do(self, verb: str, *arguments: str) -> str:
        """Run a verb that has to succeed, and return its output."""
        done = self._solo(verb, '-m', self.name, *arguments)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def ask(self, verb: str, *arguments: str) -> Any:
        """Return what a verb answers."""
        done = self._solo(verb, '-m', self.name, *arguments, '--format', 'json')
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def act(self, unit: str, *arguments: str) -> dict[str, str]:
        """Return the results of an action."""
        return self.ask('run', unit, *arguments)[unit]['results']

    def connections(self, unit: str) -> tuple[str, list[str]]:
        """Return how a client's unit would connect: its master, empty for none, and standbys."""
        found = self.act(unit, 'connections')
        if 'connections' not in found:
            return found.get('master', ''), found.get('standbys', '').splitlines()
        listed = [(one['role'], one['conninfo']) for one in json.loads(found['connections'])]
        masters = [conninfo for role, conninfo in listed if role == 'master']
        return ''.join(masters[:1]), [one for role, one in listed if role == 'standby']

    def master(self, application: str, unit: int = 0) -> str:
        """Return the connection string that a client would use, once it has one."""
        return wait_for(
            lambda: self.connections(f'{application}/{unit}')[0],
            timeout=120,
            every=0.3,
            message=f'{application}/{unit} finds a master',
        )

    def relation(self, client: str) -> dict[str, Any] | None:
        """Return what a client's unit sees of the relation; None while there is none."""
        found = self.ask('show-unit', client)[client].get('relation-info', [])
        return next((info for info in found if info['endpoint'] == 'db'), None)

    def bag(self, client: str, owner: str = 'pg/0') -> Mapping[str, str]:
        """Return what the database says to *client* in *owner*'s bag."""
        found = self.relation(client) or {}
        if '/' not in owner:
            return found.get('application-data', {})
        return found.get('related-units', {}).get(owner, {}).get('data', {})

    def states(self, client: str) -> dict[str, str]:
        """Return what each unit tells *client* that it is."""
        units = (self.relation(client) or {}).get('related-units', {})
        return {unit: shown['data'].get('state', '') for unit, shown in units.items()}

    def wait_for_states(self, *expected: str, clients: Iterable[str] = AGES) -> dict[str, str]:
        """Wait until the bags say exactly these states, in any order, to all clients."""

        def found() -> dict[str, str] | None:
            said = [self.states(f'{client}/0') for client in clients]
            is_same = all(one == said[0] for one in said)
            return said[0] if is_same and sorted(said[0].values()) == sorted(expected) else None

        return wait_for(found, timeout=_LONG, every=0.3, message=f'states {expected}')

    def status(self, unit: str) -> dict[str, str]:
        """Return a unit's workload status."""
        units = self.ask('status')['applications'][unit.partition('/')[0]]['units']
        return units[unit]['workload-status']

    def is_related(self, application: str) -> bool:
        """Tell whether the relation is there, or not yet gone."""
        return bool(self.ask('status')['applications'][application].get('relations'))

    def wait_until_all_write(self, table: str, unit: str) -> None:
        """Wait until each age writes to *unit*, and see that each sees what the others wrote."""
        host = self.bag('seed/0', unit)['host']

        def writes_there(age: str) -> bool:
            conninfo = self.master(age)
            return row(conninfo, 'SELECT host(inet_server_addr())') == (host,) and not row(
                conninfo, f"INSERT INTO {table} VALUES ('{age}')"
            )

        wait_each(AGES, writes_there, timeout=_LONG)
        for age in AGES:
            found = row(self.master(age), f'SELECT count(DISTINCT by) FROM {table}')
            assert found == (len(AGES),)

    def remove(self, application: str) -> None:
        """Remove an application, and wait until it is gone."""
        self.do('remove-application', application, '--no-prompt')
        wait_for(lambda: application not in self.ask('status')['applications'], timeout=_LONG)

    def kill(self, unit: str) -> None:
        """Kill every process of a unit of PostgreSQL, supervisor and watcher included."""
        stored = self.ask('storage')['storage']
        (storage,) = [
            attached['location']
            for one in stored.values()
            for name, attached in one.get('attachments', {}).get('units', {}).items()
            if name == unit
        ]
        folders = [Path(storage), *layout.run_root().glob(f'{layout.member_of(unit)}-*')]
        for _ in range(2):  # a keeper may just have started another child
            assert [processes.kill_all_of(folder) for folder in folders]

    def start(self, unit: str) -> None:
        """Let Juju run a hook, as it does when a machine has booted."""
        self.do('exec', '--unit', unit, 'JUJU_DISPATCH_PATH=hooks/update-status ./dispatch')


@contextlib.contextmanager
def model(solo: Run, name: str) -> Generator[Model, None, None]:
    """Give a model of that name with a PostgreSQL and a client of each age."""
    assert solo('add-model', name, '--no-switch').returncode == 0
    here = Model(solo, name)
    here.deploy()
    yield here
    ended = solo('destroy-model', name, '--no-prompt', '--destroy-storage', '--force')
    assert ended.returncode == 0, ended.stderr


def row(conninfo: str, query: str) -> tuple[Any, ...] | None:
    """Return the first row of a query, None where it has none."""
    with psycopg.connect(conninfo, autocommit=True, connect_timeout=10) as connection:
        cursor = connection.execute(query.encode())
        return cursor.fetchone() if cursor.description else None


def can_connect(conninfo: str) -> bool:
    """Tell whether the server lets this client in."""
    try:
        psycopg.connect(conninfo, connect_timeout=10).close()
    except psycopg.OperationalError:
        return False
    return True


def is_alive(session: psycopg.Connection[Any]) -> bool:
    """Tell whether a session goes on."""
    try:
        session.execute('SELECT 1')
    except psycopg.OperationalError:
        return False
    return True


def wait_each(
    ages: Iterable[str], condition: Callable[[str], Any], timeout: float = 120.0
) -> None:
    """Wait until *condition* is true of each of these clients."""
    for age in ages:
        wait_for(
            lambda age=age: condition(age),
            timeout=timeout,
            every=0.3,
            catch=(psycopg.Error, KeyError),
            message=f'{condition.__name__} of {age}',
        )
