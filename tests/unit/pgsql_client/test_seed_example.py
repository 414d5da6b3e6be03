"""The seed's example client, mended slip by slip: with all mends it runs, without any it doesn't.

Source: seed, "Example client hooks"; the slips are named in charms/pgsql-client/README.md.
"""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from unit.pgsql_client.hook_commands import HookCommands, bag, conninfo

PRINTED = Path(__file__).with_name('seed_example.py.txt').read_text()


@dataclasses.dataclass(frozen=True)
class Mend:
    """One slip: where it is printed, what belongs there, and how it shows when left in."""

    slip: str
    printed: str
    mended: str
    shows_as: str
    times: int = 1


MENDS = (
    Mend(
        'an unclosed parenthesis',
        '.format(**relation_get(unit=db_unit)\n',
        '.format(**relation_get(unit=db_unit))\n',
        'SyntaxError',
    ),
    Mend('a bare @hook registers nothing', '@hook\n', '@hook()\n', 'UnregisteredHookError', 4),
    Mend('the key is database', 'dbname={dbname}', 'dbname={database}', 'KeyError'),
    Mend('no such name', 'elif relation_state ==', 'elif remote_state ==', 'NameError', 2),
    Mend(
        'a generator has no len()',
        'unit for unit in related_units() if unit != remote_unit())',
        '[unit for unit in related_units() if unit != remote_unit()])',
        'TypeError',
    ),
    Mend(
        'allowed-units may not be there',
        "relation_get('allowed-units', db_unit).split()",
        "(relation_get('allowed-units', db_unit) or '').split()",
        'AttributeError',
    ),
    Mend(
        'no password',
        'host={host} port={port}"',
        'host={host} port={port} password={password}"',
        'AssertionError',
    ),
    Mend(
        'an empty option never equals the name that the database chose',
        "if relation_get('database', db_unit) != config('database'):",
        "if config('database') not in (None, '', relation_get('database', db_unit)):",
        'AssertionError',
    ),
    Mend(
        "relation_set's first parameter is the relation's id: database",
        "relation_set('database', config('database'))",
        "relation_set(database=config('database'))",
        'AttributeError',
    ),
    Mend(
        "relation_set's first parameter is the relation's id: roles",
        "relation_set('roles', 'reporting,standard')",
        "relation_set(roles='reporting,standard')",
        'AttributeError',
    ),
)


@dataclasses.dataclass(frozen=True)
class Scenario:
    """A hook of relation db:3, what the related units say, and what must come of it."""

    hook: str
    bags: Mapping[str, dict[str, str]]
    master: str | None = None
    slaves: tuple[str, ...] = ()
    database: str = 'reports'
    remote: str = 'pg/0'


NOT_LISTED = bag('standalone')
del NOT_LISTED['allowed-units']

SCENARIOS = {
    'standalone': Scenario(
        'db-relation-changed', {'pg/0': bag('standalone')}, master=conninfo('10.0.0.1')
    ),
    'a master, two standbys and one that is not set up': Scenario(
        'db-relation-changed',
        {
            'pg/0': bag('hot standby', '10.0.0.1'),
            'pg/1': bag('master', '10.0.0.2'),
            'pg/2': bag('hot standby', '10.0.0.3'),
            'pg/3': {'state': 'standalone'},
        },
        master=conninfo('10.0.0.2'),
        slaves=(conninfo('10.0.0.1'), conninfo('10.0.0.3')),
    ),
    'one departs and is still listed': Scenario(
        'db-relation-departed',
        {'pg/0': bag('master', '10.0.0.1'), 'pg/1': bag('standalone', '10.0.0.2')},
        master=conninfo('10.0.0.2'),
    ),
    'nobody is allowed yet': Scenario('db-relation-changed', {'pg/0': NOT_LISTED}),
    'others are allowed': Scenario(
        'db-relation-changed', {'pg/0': bag('standalone', **{'allowed-units': 'app/10 app/1'})}
    ),
    'another database is named': Scenario(
        'db-relation-changed', {'pg/0': bag('standalone', database='app')}
    ),
    'no database was asked for': Scenario(
        'db-relation-changed', {'pg/0': bag('standalone')}, master=conninfo(), database=''
    ),
    'the relation is gone': Scenario('db-relation-broken', {}, remote=''),
}


def mend(*mends: Mend) -> str:
    text = PRINTED
    for one in mends:
        assert text.count(one.printed) == one.times, one.slip
        text = text.replace(one.printed, one.mended)
    return text


class Client:
    """Runs a hook of a text as Juju would, with the real charmhelpers."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
        self._monkeypatch = monkeypatch
        self._folder = folder

    def run(self, text: str, hook: str, juju: HookCommands, remote: str) -> list[Any]:
        with self._monkeypatch.context() as context:
            juju.install(context, self._folder)
            departing = remote if hook.endswith('departed') else ''
            juju.in_relation(context, 'db:3', remote, departing)
            context.setattr(sys, 'argv', [f'hooks/{hook}'])
            updates: list[tuple[Any, Any]] = []

            def update_my_db_config(master: Any, slaves: Any):
                updates.append((master, slaves))

            program = compile(text, 'seed_example.py', 'exec', dont_inherit=True)
            exec(  # the text is ours, and a program
                program, {'__name__': '__main__', 'update_my_db_config': update_my_db_config}
            )
            return updates

    def check(self, text: str, scenario: Scenario) -> None:
        juju = HookCommands()
        juju.config['database'] = scenario.database
        juju.bags = {'db:3': dict(scenario.bags)}

        updates = self.run(text, scenario.hook, juju, scenario.remote)

        assert updates == [(scenario.master, list(scenario.slaves))]

    def check_joined(self, text: str) -> None:
        juju = HookCommands()
        juju.config['database'] = 'reports'
        juju.bags = {'db:3': {'pg/0': {}}}

        self.run(text, 'db-relation-joined', juju, 'pg/0')

        assert juju.written == {'db:3': {'database': 'reports', 'roles': 'reporting,standard'}}


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Client:
    return Client(monkeypatch, tmp_path)


def failures(client: Client, text: str) -> set[str]:
    found: set[str] = set()
    for scenario in SCENARIOS.values():
        try:
            client.check(text, scenario)
        except (Exception, AssertionError) as error:
            found.add(type(error).__name__)
    try:
        client.check_joined(text)
    except (Exception, AssertionError) as error:
        found.add(type(error).__name__)
    return found


@pytest.mark.parametrize('name', SCENARIOS)
def test_the_mended_text_gives_the_right_connections(client: Client, name: str):
    client.check(mend(*MENDS), SCENARIOS[name])


def test_the_mended_text_asks_for_its_database_and_roles(client: Client):
    client.check_joined(mend(*MENDS))


@pytest.mark.parametrize('left_out', MENDS, ids=lambda left_out: left_out.slip)
def test_each_mend_is_needed(client: Client, left_out: Mend):
    text = mend(*(one for one in MENDS if one is not left_out))

    assert left_out.shows_as in failures(client, text)


def test_the_printed_text_does_not_run(client: Client):
    assert failures(client, PRINTED) == {'SyntaxError'}
