"""Tests of ``--wait``: what is shown, and how it ends."""

from __future__ import annotations

from typing import Any

import fake_controller
import pytest
from fake_controller import Controller


def unit(name: str = 'pg-a/2', **changes: Any) -> dict[str, Any]:
    found = {
        'unit': name,
        'life': 'alive',
        'workload': 'maintenance',
        'message': '',
        'agent': 'executing',
        'doing': 'running install hook',
        'since': 0.0,
        'log': '',
        'busy': None,
        'resolved': False,
        'retry_at': None,
    }
    return {**found, **changes}


def controller(result: dict[str, Any], *events: list[dict[str, Any]]) -> Controller:
    found = Controller(
        config_set={}, integrate={}, wait=result, status=fake_controller.status(), remove_unit={
            'removed': [{'unit': 'pg-a/2'}], 'failed': []
        },
    )  # fmt: skip
    found.events['wait'] = [{'units': units} for units in events]
    return found


def lines(text: str) -> list[str]:
    """Return the lines without the time in front of some."""
    return [line[9:] if line[2:3] == ':' else line for line in text.splitlines()]


def test_each_thing_that_happens_is_a_line() -> None:
    done = controller(
        {'outcome': 'settled', 'units': []},
        [unit()],
        [unit(log='one more line')],
        [unit(agent='idle', doing='', workload='active', message='ready')],
        [],
    ).run('config', 'pg-a', 'a=1', '--wait')

    assert done.code == 0
    assert lines(done.err)[:3] == [
        'pg-a/2: running install hook (maintenance)',
        'pg-a/2: active: ready',
        'pg-a/2: gone',
    ]


def test_end_shows_what_is_there_and_what_to_try_next() -> None:
    done = controller({'outcome': 'settled', 'units': []}).run('config', 'pg-a', 'a=1', '--wait')

    assert done.out == ''
    assert 'pg-a/2*' in done.err
    assert 'log' not in [line.split()[0] for line in done.err.splitlines() if line]
    assert 'solo actions pg-a' in done.err


def test_a_subordinate_without_a_principal_is_told_that_it_needs_one() -> None:
    found = controller({'outcome': 'settled', 'units': []})
    status = fake_controller.status()
    status['applications'] = {'log': {**status['applications']['log'], 'subordinate-to': []}}
    found.answers['status'] = status

    done = found.run('config', 'log', 'a=1', '--wait')

    assert 'solo integrate log <application>' in done.err
    assert 'runs beside the units of another' in done.err
    assert 'solo actions' not in done.err


def test_failed_hook_ends_it_with_the_log() -> None:
    failed = {
        'unit': 'pg-a/2',
        'message': 'hook failed: "install"',
        'log': ['INFO starting', 'WARNING oh'],
    }

    done = controller({'outcome': 'failed', 'units': [], 'failed': failed}).run(
        'config', 'pg-a', 'a=1', '--wait'
    )

    assert done.code == 1
    assert done.err == (
        'The last lines of pg-a/2:\n    INFO starting\n    WARNING oh\n'
        'ERROR unit "pg-a/2" is in error: hook failed: "install"; when it is mended: '
        'solo resolved pg-a/2\n'
    )


def test_blocked_unit_ends_it_with_its_message() -> None:
    blocked = [{'unit': 'pg-a/2', 'message': 'no disk'}]

    done = controller({'outcome': 'blocked', 'units': [], 'blocked': blocked}).run(
        'config', 'pg-a', 'a=1', '--wait'
    )

    assert done.code == 1
    assert done.err.endswith('ERROR unit "pg-a/2" is blocked: no disk\n')


def test_interrupt_stops_only_the_waiting() -> None:
    def interrupt(_: object) -> None:
        raise KeyboardInterrupt

    found = controller({})
    found.answers['wait'] = interrupt

    done = found.run('config', 'pg-a', 'a=1', '--wait')

    assert done.code == 130
    assert done.err == '\nStopped waiting; the work goes on. See: solo status\n'


@pytest.mark.parametrize(
    ('argv', 'applications', 'gone'),
    [
        (('integrate', 'a:x', 'b', '--wait'), ['a', 'b'], []),
        (('remove-unit', 'pg-a/2', '--wait'), ['pg-a'], ['pg-a/2']),
    ],
)
def test_verb_waits_for_what_it_touched(
    argv: tuple[str, ...], applications: list[str], gone: list[str]
) -> None:
    found = controller({'outcome': 'settled', 'units': []})

    found.run(*argv)

    params = next(params for verb, params in found.asked if verb == 'wait')
    assert params['applications'] == applications
    assert params['gone_units'] == gone
    assert params['since'] > 0


def test_without_the_flag_nobody_waits() -> None:
    found = controller({})

    found.run('integrate', 'a', 'b')

    assert [verb for verb, _ in found.asked] == ['integrate']
