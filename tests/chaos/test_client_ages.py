"""Clients of every age over three units, a switchover and a failover; one cluster for all.

The gate has the part with one and two units: tests/integration/test_clients.py.
"""

from __future__ import annotations

from collections.abc import Iterator

import ages
import psycopg
import pytest
from ages import AGES, row, wait_each
from conftest import REPOSITORY, Run
from waiting import wait_for

_POSTGRESQL = str(REPOSITORY / 'charms' / 'postgresql')


@pytest.fixture(scope='module')
def model(solo: Run) -> Iterator[ages.Model]:
    """A PostgreSQL with a client of each age, which share a database."""
    with ages.model(solo, 'walk') as here:
        row(here.master('client-bash'), 'CREATE TABLE client_bash (by text)')
        yield here


def test_three_units_serve_every_age_and_its_second_unit(model: ages.Model) -> None:
    model.do('add-unit', 'pg', '-n', '2')
    for age in AGES:
        model.do('add-unit', age)

    states = model.wait_for_states('master', 'hot standby', 'hot standby')

    assert states['pg/0'] == 'master'
    wait_each(AGES, lambda age: len(model.connections(f'{age}/0')[1]) == 2)
    for age in AGES:
        wait_each([age], lambda age: row(model.master(age, 1), 'SELECT 1') == (1,))
        assert model.bag(f'{age}/1')['allowed-units'] == f'{age}/0 {age}/1'
        for standby in model.connections(f'{age}/0')[1]:
            assert row(standby, 'SELECT pg_is_in_recovery()') == (True,)
        model.do('remove-unit', f'{age}/1', '--no-prompt')
    wait_each(AGES, lambda age: model.bag(f'{age}/0')['allowed-units'] == f'{age}/0')


def test_password_is_rotated_without_a_gap_on_any_unit(model: ages.Model) -> None:
    before = model.master('client-reactive')
    (standby, _) = model.connections('client-reactive/0')[1]
    with psycopg.connect(before, autocommit=True) as session:
        results = model.act('pg/0', 'rotate-password')
        assert 'juju_client-reactive_2' in results.values()

        wait_each(AGES, lambda age: 'juju_' in model.master(age) and '_2' in model.master(age))

        assert session.execute('SELECT 1').fetchone() == (1,)
        assert row(before, 'SELECT 1') == (1,)
        assert row(standby, 'SELECT 1') == (1,)
        after = model.master('client-reactive')
        assert row(after, 'SELECT current_user') == ('juju_client-reactive_2',)
        row(after, "INSERT INTO client_bash VALUES ('rotated')")


def test_every_age_follows_a_switchover(model: ages.Model) -> None:
    table = 'CREATE TABLE moved (by text)'
    row(model.master('client-v2'), table)

    model.act('pg/0', 'switchover')

    model.wait_until_all_write('moved', _wait_for_master(model, 'pg/0'))
    model.wait_for_states('master', 'hot standby', 'hot standby')


def test_client_that_ignores_the_state_gets_the_first_unit(model: ages.Model) -> None:
    model.do('config', 'client-bash', 'heeds-state=false')

    # After the switchover the first unit is a standby: it reads, and its writes fail.
    def takes_the_first(age: str) -> bool:
        return model.bag(f'{age}/0', 'pg/0')['host'] in model.master(age)

    wait_each(['client-bash'], takes_the_first)
    assert row(model.master('client-bash'), 'SELECT count(*) > 0 FROM moved') == (True,)
    with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
        row(model.master('client-bash'), "INSERT INTO moved VALUES ('nowhere')")
    model.do('config', 'client-bash', 'heeds-state=true')


def test_every_age_follows_an_unplanned_failover(model: ages.Model) -> None:
    (lost,) = [unit for unit, state in model.states('seed/0').items() if state == 'master']

    model.kill(lost)

    after = _wait_for_master(model, lost)
    # What one application makes on the new master is all the others', as before.
    row(model.bag('client-v2/0', after)['master'], 'CREATE TABLE later (by text)')
    model.start(lost)
    model.wait_for_states('master', 'hot standby', 'hot standby')
    model.wait_until_all_write('later', after)


def test_every_age_stays_with_the_last_unit(model: ages.Model) -> None:
    states = model.states('seed/0')
    last = min(unit for unit, state in states.items() if state == 'hot standby')
    for unit in sorted(states.keys() - {last}, key=lambda unit: states[unit] == 'master'):
        model.do('remove-unit', unit, '--no-prompt', '--destroy-storage')

    model.wait_for_states('standalone')

    model.wait_until_all_write('moved', last)
    before = {age: model.master(age) for age in AGES}
    model.do('refresh', 'pg', '--path', _POSTGRESQL, '--wait')
    assert {age: model.master(age) for age in AGES} == before
    assert row(model.master('seed'), "SELECT count(*) FROM moved WHERE by = 'seed'") == (2,)


def _wait_for_master(model: ages.Model, before: str) -> str:
    def found() -> str | None:
        states = model.states('seed/0')
        return next((u for u, s in states.items() if s == 'master' and u != before), None)

    return wait_for(found, timeout=300, every=0.3)
