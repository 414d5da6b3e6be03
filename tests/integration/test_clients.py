"""Clients of every age through all that a client meets, against one PostgreSQL."""

from __future__ import annotations

import contextlib
import json
import stat
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import ages
import counting
import processes
import psycopg
import pytest
from ages import AGES, can_connect, row, wait_each
from conftest import Run
from waiting import wait_for

BASH = str(Path(ages.__file__).parent / 'charms' / 'client-bash')


@pytest.fixture(scope='module')
def model(solo: Run) -> Iterator[ages.Model]:
    """A PostgreSQL with a client of each age, which share a database."""
    with ages.model(solo, 'ages') as here:
        yield here


@pytest.fixture(scope='module')
def counter(
    model: ages.Model, data: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[counting.Counter]:
    """What hooks of the first unit call, from the first test that asks on."""
    folder = tmp_path_factory.mktemp('counted')
    with counting.counted(data, model.name, 'pg/0', folder) as found:
        yield found


def test_each_age_writes_and_the_others_see_and_change_it(model: ages.Model) -> None:
    strings = {age: model.master(age) for age in AGES}

    for age, conninfo in strings.items():
        table = age.replace('-', '_')
        row(conninfo, f"CREATE TABLE {table} (by text); INSERT INTO {table} VALUES ('me')")
        for other in strings.values():
            row(other, f"INSERT INTO {table} VALUES ('another')")

        assert row(conninfo, f'SELECT count(*) FROM {table}') == (1 + len(AGES),)
    users = {row(conninfo, 'SELECT current_user') for conninfo in strings.values()}
    assert users == {(f'juju_{age}',) for age in AGES}


def test_database_changes_later_and_back(model: ages.Model) -> None:
    # The library of v2 asks once, when it joins.
    changing = [age for age in AGES if age != 'client-v2']
    for name in ('other', ages.DATABASE):
        for age in changing:
            model.do('config', age, f'database={name}')

        def is_in(age: str, name: str = name) -> bool:
            return row(model.master(age), 'SELECT current_database()') == (name,)

        wait_each(changing, is_in)


def test_removed_relation_locks_out_and_a_new_one_gives_all_back(model: ages.Model) -> None:
    strings = {age: model.master(age) for age in AGES}
    row(strings['client-bash'], 'CREATE TABLE kept (id int); INSERT INTO kept VALUES (7)')
    with contextlib.ExitStack() as held:
        sessions = {
            age: held.enter_context(contextlib.closing(psycopg.connect(one, autocommit=True)))
            for age, one in strings.items()
        }
        for age in AGES:
            model.do('remove-relation', f'{age}:db', 'pg:db')

        wait_each(AGES, lambda age: not ages.is_alive(sessions[age]))
    wait_each(AGES, lambda age: not can_connect(strings[age]))
    wait_each(AGES, lambda age: not model.is_related(age))

    for age in AGES:
        if age in ('client-reactive', 'client-v2'):  # what they ask when they join
            wishes = ('roles=reporting,standard', 'extensions=citext,pg_trgm(tools)')
            model.do('config', age, *wishes)
        model.do('integrate', f'{age}:db', 'pg:db')

    wait_each(AGES, lambda age: model.master(age) == strings[age])
    for conninfo in strings.values():
        assert row(conninfo, 'SELECT id FROM kept') == (7,)


def test_wishes_are_granted_and_echoed_in_both_bags(model: ages.Model) -> None:
    asking = ('client-reactive', 'client-v2')
    wait_each(asking, lambda age: 'extensions' in model.bag(f'{age}/0'))

    for age in asking:
        conninfo = model.master(age)
        bag = model.bag(f'{age}/0')
        assert (bag['database'], bag['roles']) == (ages.DATABASE, 'reporting,standard')
        assert bag['extensions'] == 'citext,pg_trgm(tools)'
        assert row(
            conninfo, "SELECT pg_has_role('reporting', 'member'), 'A'::citext = 'a'::citext"
        ) == (True, True)
    shared = model.bag('client-v2/0', 'pg')
    assert shared['extensions'] == 'citext,pg_trgm(tools)'
    assert 'password=' in shared['master']


def test_nonsense_is_answered_and_costs_the_others_nothing(model: ages.Model) -> None:
    steady = model.master('client-reactive')
    before = model.master('client-bash')

    for name in ('postgres', 'x' * 70, 'two\nlines', '"; DROP DATABASE shared; --', 'pg_x'):
        model.do('config', 'client-bash', f'database={name}')
        if '"' in name:  # odd, but a name
            continue

        def refused(name: str = name) -> Mapping[str, str] | None:
            bag = model.bag('client-bash/0')
            is_about_it = bag.get('refused', '').startswith(f'database {name[:60]!a}')
            return bag if is_about_it else None

        said = wait_for(refused, timeout=120, every=0.3)
        assert set(said) <= {'state', 'refused', 'egress-subnets', 'ingress-address'} | {
            'private-address'
        }
        assert row(steady, 'SELECT 1') == (1,)
    status = model.status('pg/0')
    assert status['current'] == 'active'
    assert 'client-bash' in status['message']

    model.do('config', 'client-bash', f'database={ages.DATABASE}')
    wait_for(lambda: model.master('client-bash') == before, timeout=120, every=0.3)
    assert row(before, 'SELECT current_database()') == (ages.DATABASE,)


REFUSED = {
    "database 'a\\x00b'": {'database': 'a\0b'},
    "database 'xxx": {'database': 'x' * 1_000_000},
    'roles: more than 100': {'roles': ','.join(f'r{number}' for number in range(10_000))},
    "role 'juju_client-reactive'": {'roles': 'juju_client-reactive'},
    "role 'jujuowner_shared'": {'roles': 'readers,jujuowner_shared'},
    "role 'pg_execute_server_program'": {'roles': 'pg_execute_server_program'},
    "role 'strong'": {'roles': 'strong'},
}
"""How the answer begins, and what a client asks."""

HARMLESS = (
    {'host': '10.9.9.9', 'user': 'postgres', 'password': 'x', 'state': 'master', 'version': '1'},
    {'allowed-units': 'evil/0 pg/0', 'allowed-subnets': '0.0.0.0/0', 'master': 'host=10.9.9.9'},
    {'egress-subnets': '127.0.0.1/32\nhost all all 0.0.0.0/0 trust,0.0.0.0/0,::/1,evil.test'},
    {'egress-subnets': '\0', 'ingress-address': 'evil.test', 'private-address': 'fe80::1%\n'},
    {f'key{number}': 'value' * 20 for number in range(5_000)},
    {'extensions': 'plpython3u,file_fdw(public),citext; DROP DATABASE shared'},
)


def test_bags_of_a_hostile_client_cost_the_others_nothing(
    model: ages.Model, tmp_path: Path
) -> None:
    model.do('deploy', BASH, 'evil')
    model.do('integrate', 'evil:db', 'pg:db')
    own, steady = model.master('evil'), model.master('client-reactive')
    operator = model.act('pg/0', 'get-connection')['uri']
    row(operator, 'CREATE ROLE strong CREATEROLE')
    address = model.ask('status')['applications']['evil']['units']['evil/0']['public-address']
    name, asked = _relation(model, 'evil'), tmp_path / 'asked'
    tmp_path.chmod(0o755)

    def say(bag: Mapping[str, str]) -> None:
        asked.write_text(json.dumps(bag))
        model.do('exec', '--unit', 'evil/0', f'relation-set -r {name} --file {asked}')

    for answer, bag in REFUSED.items():
        say(bag)
        said = wait_for(
            lambda answer=answer: (
                model.bag('evil/0') if answer in model.bag('evil/0').get('refused', '') else None
            ),
            timeout=120,
            every=0.3,
            message=answer,
        )
        assert 'password' not in said
        assert row(steady, 'SELECT 1') == (1,)
        say(dict.fromkeys(bag, ''))
    wait_each(['evil'], lambda _: row(own, 'SELECT current_user') == ('juju_evil',))

    for number, bag in enumerate(HARMLESS):
        say({**bag, 'roles': f'seen{number}'})
        wait_each(
            ['evil'], lambda _, role=f'seen{number}': model.bag('evil/0').get('roles') == role
        )
        said = model.bag('evil/0')
        assert (said['user'], said['state']) == ('juju_evil', 'standalone')
        assert said.get('allowed-subnets', '') in ('', '127.0.0.1/32', f'{address}/32')
        assert row(steady, 'SELECT 1') == (1,)
        say(dict.fromkeys(bag, ''))

    rules = "SELECT count(*) FROM pg_hba_file_rules WHERE error <> '' OR auth_method = 'trust'"
    assert row(operator, rules) == (0,)
    assert model.status('pg/0')['current'] == 'active'
    assert 'hook failed' not in model.do('debug-log', '--limit', '5000', '--include', 'pg/0')
    model.remove('evil')


def test_hook_calls_nothing_for_a_relation_that_it_is_not_about(
    model: ages.Model, counter: counting.Counter
) -> None:
    changed = _relation(model, 'client-bash')
    counter.new()

    model.do('exec', '--unit', 'pg/0', 'JUJU_DISPATCH_PATH=hooks/cluster-changed ./dispatch')
    assert [call for call in counter.new() if call.relation.startswith('db:')] == []

    model.do('config', 'client-bash', 'roles=counted')
    wait_each(['client-bash'], lambda _: model.bag('client-bash/0').get('roles') == 'counted')
    calls = [call for call in counter.new() if call.hook != 'update-status']
    assert {call.relation for call in calls if call.relation.startswith('db:')} == {changed}
    assert [call.name for call in calls].count('relation-set') == 2  # the unit's bag, and ours


def test_client_verifies_the_server_and_nobody_comes_in_the_clear(
    model: ages.Model, tmp_path: Path
) -> None:
    conninfo = model.master('client-bash')
    authority = tmp_path / 'ca.pem'
    authority.write_text(model.bag('client-bash/0')['tls-ca'])
    assert authority.read_text().strip() == model.act('pg/0', 'get-ca')['ca'].strip()

    verified = f"{conninfo} sslmode=verify-full sslrootcert='{authority}'"
    assert row(verified, 'SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()') == (True,)
    assert not can_connect(f'{conninfo} sslmode=disable')


def test_password_is_seen_in_a_bag_and_nowhere_else(model: ages.Model, data: Path) -> None:
    begin = time.time()
    with processes.recorded() as commands:
        model.do('deploy', BASH, 'quiet')
        model.do('integrate', 'quiet:db', 'pg:db')
        wait_for(lambda: 'password' in model.bag('quiet/0'), timeout=120)
        bag = model.bag('quiet/0')
        model.do('run', 'pg/0', 'rotate-password', f'relation={_relation(model, "quiet")}')
        wait_for(lambda: model.bag('quiet/0').get('user') != bag['user'], timeout=120)

    secret = {bag['password'], model.bag('quiet/0')['password']}
    assert len(secret) == 2
    assert not [line for line in commands if any(one in line for one in secret)]
    assert not [path for path in _readable_by_all(data, begin) if _has_any(path, secret)]
    log = model.do('debug-log', '--limit', '2000', '--level', 'TRACE')
    others = model.do('show-unit', 'client-bash/0')
    assert not [one for one in secret if one in log + others]
    operator = model.act('pg/0', 'get-connection')['uri']
    queries = 'SELECT string_agg(query, chr(10)) FROM pg_stat_activity'
    assert not [one for one in secret if one in str(row(operator, queries))]
    model.remove('quiet')


def _relation(model: ages.Model, client: str) -> str:
    found = model.relation(f'{client}/0')
    assert found is not None
    return f'db:{found["relation-id"]}'


def _assert_told_once(calls: list[counting.Call]) -> None:
    """See that each hook that had something to tell wrote each bag once, and read none."""
    told = [
        (call.context, call.relation, call.is_app)
        for call in calls
        if call.relation.startswith('db:') and call.name == 'relation-set'
    ]
    assert len({relation for _, relation, _ in told}) == len(AGES)
    assert len(told) == len(set(told))
    assert not [
        call
        for call in calls
        if call.relation.startswith('db:')
        and call.name != 'relation-set'
        and call.hook != 'update-status'  # which reads some of them again
    ]


def _readable_by_all(folder: Path, since: float) -> Iterator[Path]:
    """Give the files that anybody can read, among those written since then."""
    for path in folder.rglob('*'):
        with contextlib.suppress(OSError):
            found = path.lstat()
            is_file = stat.S_ISREG(found.st_mode)
            if is_file and found.st_mode & stat.S_IROTH and found.st_mtime >= since:
                yield path


def _has_any(path: Path, secret: set[str]) -> bool:
    try:
        content = path.read_bytes()
    except OSError:
        return False
    # Whoever may not pass through a folder above reads nothing below it.
    is_open = all(above.stat().st_mode & stat.S_IXOTH for above in path.parents)
    return is_open and any(one.encode() in content for one in secret)


def test_clients_are_listed_with_what_keeps_them(model: ages.Model) -> None:
    listed = model.act('pg/0', 'list-clients')

    table = listed['clients'].splitlines()
    assert [line.split()[1] for line in sorted(table[1:])] == sorted(AGES)
    (name,) = [line.split()[0] for line in table if 'client-bash' in line]
    assert listed[name.replace(':', '-')] == 'ready'
    assert table[0].split() == [
        *('relation', 'application', 'asks', 'database', 'user', 'roles'),
        *('from', 'connections', 'last', 'login', 'ready'),
    ]
    asks = {line.split()[1]: line.split()[2] for line in table[1:]}
    assert asks['client-v2'] == 'v2' and asks['seed'] == 'v0/v1'
    uri = model.act('pg/0', 'get-connection', f'relation={name}')['uri']
    assert row(uri, 'SELECT current_database()') == (ages.DATABASE,)


def test_admin_is_served_until_the_operator_forbids_it(model: ages.Model) -> None:
    model.do('deploy', BASH, 'boss')
    model.do('integrate', 'boss:db', 'pg:db-admin')
    conninfo = model.master('boss')
    with contextlib.closing(psycopg.connect(conninfo, autocommit=True)) as session:
        found = session.execute('SELECT rolsuper FROM pg_roles WHERE rolname = current_user')
        assert found.fetchone() == (True,)

        model.do('config', 'pg', 'allow-db-admin=false')
        wait_for(lambda: not can_connect(conninfo), timeout=120, every=0.3)
        wait_for(lambda: not ages.is_alive(session), timeout=60)

    def blocked() -> str | None:
        status = model.status('pg/0')
        return status['message'] if status['current'] == 'blocked' else None

    message = wait_for(blocked, timeout=60)
    assert 'allow-db-admin' in message and 'boss' in message

    model.do('config', 'pg', 'allow-db-admin=true')
    wait_for(lambda: can_connect(conninfo), timeout=120, every=0.3)
    model.remove('boss')


def test_every_age_follows_to_another_unit_and_loses_nothing(
    model: ages.Model, counter: counting.Counter
) -> None:
    # The whole walk, over three units, a switchover and a failover, is in tests/chaos.
    row(model.master('client-v2'), 'CREATE TABLE moved (by text)')
    counter.new()
    model.do('add-unit', 'pg')
    model.wait_for_states('master', 'hot standby')
    _assert_told_once(counter.new())
    wait_each(AGES, lambda age: len(model.connections(f'{age}/0')[1]) == 1)

    model.do('remove-unit', 'pg/0', '--no-prompt', '--destroy-storage')

    model.wait_for_states('standalone')
    model.wait_until_all_write('moved', 'pg/1')
