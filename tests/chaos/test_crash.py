"""The controller, a hook or the power is killed at commit points; nothing is lost or done twice.

``./test`` has 30 of them, ``./test chaos`` 500: ``--points N``, and ``--seed S`` to repeat a run.
"""

from __future__ import annotations

import json
import secrets
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import crashing
import legal
import processes
import pytest
import waiting

# Every hook holds a lock while it runs, counts itself in what it commits, and notes an option.
_SCRIPT = """
exec 9>>hook.lock; flock -n 9 || echo "$JUJU_HOOK_NAME" >>overlap
n=$(state-get n); state-set n=$((${n:-0} + 1))
config-get number >number
[ -z "$JUJU_RELATION" ] || [ "$JUJU_HOOK_NAME" = "$JUJU_RELATION-relation-broken" ] ||
    relation-set -r "$JUJU_RELATION_ID" n=$((${n:-0} + 1))
"""


@pytest.fixture
def solo(request: pytest.FixtureRequest, repository: Path) -> Iterator[crashing.Crashing]:
    """A solo that dies at commit points until the test stops that."""
    folder = Path(tempfile.mkdtemp(prefix='crash-', dir='/var/tmp'))
    folder.chmod(0o711)
    for name in ('home', 'data', 'traces'):
        (folder / name).mkdir()
    seed: int = request.config.getoption('seed') or secrets.randbelow(1 << 32)
    print(f'--seed {seed}')
    solo = crashing.Crashing(
        str(repository / 'solo'), folder / 'data', folder / 'home', repository / 'src', seed
    )
    try:
        yield solo
        solo.destroy()
    finally:
        solo.stop_faults()
        left = processes.end_all_of(folder)
        shutil.rmtree(folder, ignore_errors=True)
        assert not left, 'processes were left behind:\n' + '\n'.join(left)


def test_whatever_is_killed_at_a_commit_nothing_is_lost_or_done_twice(
    solo: crashing.Crashing, charms: Path, request: pytest.FixtureRequest
):
    points = int(str(request.config.getoption('points')))
    rounds = 0

    solo.do('status')  # its database is there
    solo.start_faults()
    while len(solo.faults) < points:
        rounds += 1
        _operate(solo, f'm{rounds}', charms / 'tracer')
    solo.stop_faults()

    kinds = dict.fromkeys(('before', 'after', 'power', 'hook'), 0)
    for fault in solo.faults:
        kinds[fault['kind']] += 1
    print(f'{len(solo.faults)} faults in {rounds} rounds: {kinds}')
    for number in range(1, rounds + 1):
        _check(solo, f'm{number}')
    _check_database(solo)
    _check_traces(solo)


def _operate(solo: crashing.Crashing, model: str, charm: Path) -> None:
    """Do what an operator does in a day, in a model of its own, while everything dies.

    Another model consumes an offer of it for a while.
    """
    traces = solo.data.parent / 'traces'
    other = f'{model}x'
    solo.insist('add-model', '--no-switch', model)
    solo.insist('add-model', '--no-switch', other)
    for where, application, units in (
        (model, 'a', '2'),
        (model, 'b', '1'),
        (model, 'c', '1'),
        (other, 'd', '1'),
    ):
        solo.insist(
            *('deploy', '-m', where, str(charm), application, '-n', units),
            *('--config', 'on-hook=' + json.dumps({'*': _SCRIPT})),
            *('--config', f'trace-file={traces}/{where}-{application}'),
        )
    solo.insist('offer', f'{model}.b:server', 'shared')
    solo.insist('integrate', '-m', other, 'd:client', f'{model}.shared')
    solo.insist('integrate', '-m', model, 'a:client', 'b:server')
    solo.insist('integrate', '-m', model, 'c:client', 'a:server')
    solo.insist('config', '-m', model, 'a', 'number=1')
    waiting.wait_for(lambda: _started(solo, model, 4), timeout=300)
    waiting.wait_for(lambda: _started(solo, other, 1), timeout=300)
    solo.insist('remove-saas', '-m', other, 'shared')
    solo.insist('remove-application', '-m', other, 'd', '--no-prompt')
    solo.insist('config', '-m', model, 'a', 'number=2')
    solo.insist('remove-relation', '-m', model, 'a:client', 'b:server')
    solo.insist('remove-unit', '-m', model, 'a/0', '--no-prompt')
    solo.insist('remove-application', '-m', model, 'c', '--no-prompt')
    solo.insist('config', '-m', model, 'a', 'number=3')
    solo.insist('config', '-m', model, 'b', 'number=4')


def _started(solo: crashing.Crashing, model: str, units: int) -> bool:
    """Tell whether so many units have started: a hook of theirs has said so in its trace."""
    traces = (solo.data.parent / 'traces').glob(f'{model}-*')
    lines = [json.loads(line) for path in traces for line in path.read_text().splitlines()]
    started = {line['env']['JUJU_UNIT_NAME'] for line in lines if line['name'] == 'start'}
    if len(started) < units:
        solo('status')  # some command starts the controller
    return len(started) >= units


def _check(solo: crashing.Crashing, model: str) -> None:
    """Wait until the model has settled, and see that it is what the operator asked for."""

    def status(model: str = model) -> dict[str, Any]:
        return json.loads(solo.do('status', '-m', model, '--format', 'json'))

    def settled() -> bool:
        applications = status()['applications']
        units = [each for one in applications.values() for each in one.get('units', {}).items()]
        return set(applications) == {'a', 'b'} and [
            (name, unit['juju-status']['current'], unit['workload-status']['current'])
            for name, unit in units
        ] == [('a/1', 'idle', 'unknown'), ('b/0', 'idle', 'unknown')]

    try:
        waiting.wait_for(settled, timeout=120, message=f'model {model} settles')
    except AssertionError:
        print(solo.do('status', '-m', model), solo.do('debug-log', '-m', model, '--limit', '50'))
        print((solo.data / 'controller.log').read_text()[-5000:])
        raise
    waiting.wait_for(
        lambda: not status(f'{model}x')['machines'],
        timeout=120,
        message=f'nothing is left in model {model}x',
    )
    found = status()
    assert 'total-connected-count' not in found['offers']['shared']
    assert found['applications']['a']['units']['a/1']['leader']
    assert found['applications']['b']['units']['b/0']['leader']
    assert len(found['machines']) == 2
    for unit, number in (('a-1', '3'), ('b-0', '4')):
        (charm,) = solo.data.glob(f'machines/{model}/*/agents/unit-{unit}/charm')
        assert (charm / 'number').read_text() == f'{number}\n'
    assert len(list((solo.data / 'machines' / model).iterdir())) == 2
    assert not list(solo.data.glob(f'machines/{model}/*/agents/*/charm/overlap'))


def _check_traces(solo: crashing.Crashing) -> None:
    """See that each unit's hooks came in Juju's order, and that each counted itself once."""
    counts: dict[str, int] = {}
    with sqlite3.connect(solo.data / 'solo.db') as database:
        for model, application, number, state in database.execute(
            'SELECT m.name, a.name, u.number, u.kv FROM unit u'
            ' JOIN application a ON a.id = u.application JOIN model m ON m.id = a.model'
        ):
            counts[f'{model}-{application}/{number}'] = int(json.loads(state)['n'])
    database.close()
    units: dict[str, list[dict[str, Any]]] = {}
    for path in (solo.data.parent / 'traces').iterdir():
        model = path.name.partition('-')[0]
        for line in path.read_text().splitlines():
            entry = json.loads(line)
            units.setdefault(f'{model}-{entry["env"]["JUJU_UNIT_NAME"]}', []).append(entry)
    for unit, trace in units.items():
        assert (unit, legal.faults(trace)) == (unit, [])
        if unit in counts:
            # Each counted itself once when it succeeded, and not at all when it was killed.
            different = {(line['name'], line['env'].get('JUJU_REMOTE_UNIT')) for line in trace}
            assert len(different) <= counts[unit] <= len(trace), unit


def _check_database(solo: crashing.Crashing) -> None:
    solo.do('controller', 'stop')
    with sqlite3.connect(solo.data / 'solo.db') as database:
        assert database.execute('PRAGMA integrity_check').fetchall() == [('ok',)]
        assert database.execute('PRAGMA foreign_key_check').fetchall() == []
        assert database.execute('SELECT 1 FROM unit WHERE running IS NOT NULL').fetchall() == []
        assert database.execute("SELECT 1 FROM unit WHERE life != 'alive'").fetchall() == []
        assert database.execute('SELECT 1 FROM relation WHERE other OR offer').fetchall() == []
    database.close()
