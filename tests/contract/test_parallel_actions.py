"""What runs beside what on one machine. Source: contract 2.2, 3.20, 4.3; juju: runaction.go."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import contract_model
import pytest
from contract_model import Model

_ACTIONS = """\
plain: {description: one at a time}
beside: {description: beside all, parallel: true}
first: {description: of a group, execution-group: g}
second: {description: of the same group, execution-group: g}
third: {description: of another group, execution-group: h}
"""
# Says when it begins and ends; the test lets it end.
_WAITS = """\
echo "begins $JUJU_ACTION_NAME" >>{0}/said
until [ -e {0}/$JUJU_ACTION_NAME ]; do sleep .1; done
echo "ends $JUJU_ACTION_NAME" >>{0}/said"""


@pytest.fixture(scope='module')
def pair(shared: Model) -> Iterator[Model]:
    """``p/0`` and ``q/0`` on one machine."""
    waits = _WAITS.format(shared.folder)
    names = ('plain', 'beside', 'first', 'second', 'third')
    charm = contract_model.charm(
        shared.folder / 'waiting', '', **{f'actions__{name}': waits for name in names}
    )
    (shared.folder / 'waiting' / 'actions.yaml').write_text(_ACTIONS)
    shared.juju('deploy', charm, 'p')
    shared.settle()
    shared.juju('deploy', charm, 'q', '--to', '0')
    shared.settle()
    yield shared
    for name in names:  # whatever failed: no action is left that waits
        (shared.folder / name).touch()


@pytest.mark.parametrize(
    ('running', 'other', 'is_beside'),
    [
        ('plain', 'beside', True),
        ('beside', 'plain', True),
        ('first', 'second', False),
        ('first', 'third', True),
        ('first', 'plain', True),
    ],
)
def test_actions_run_beside_each_other_as_they_say(
    pair: Model, running: str, other: str, is_beside: bool
):
    _begin(pair, 'p/0', running, other)

    pair.juju('run', '--background', 'q/0', other)

    if is_beside:
        pair.wait(lambda: f'begins {other}' in pair.read('said'))
    pair.juju('status')  # time for one that should not begin
    (pair.folder / running).touch()
    pair.wait(lambda: f'begins {other}' in pair.read('said'))
    (pair.folder / other).touch()
    pair.settle()
    said = pair.read('said').splitlines()
    assert (said.index(f'begins {other}') < said.index(f'ends {running}')) == is_beside


def test_exec_runs_beside_another_units_action_and_waits_for_its_own(pair: Model):
    """Source: juju: cmd/juju/action/exec.go, ``--parallel`` is the default."""
    _begin(pair, 'p/0', 'plain')

    beside = pair.exec('q/0', 'echo free')
    pair.wait(lambda: pair.units()['q/0']['juju-status']['current'] == 'idle')
    pair.juju('exec', '--background', '--unit', 'p/0', '--', f'echo own >>{pair.folder}/said')
    pair.juju('exec', '--background', '--parallel=false', '--unit', 'q/0', '--', 'true')

    assert beside.out == 'free\n'
    (pair.folder / 'plain').touch()
    pair.wait(lambda: 'own' in pair.read('said'))
    assert pair.read('said').splitlines()[1:] == ['ends plain', 'own']
    pair.settle()


def test_a_running_action_beside_others_is_aborted(pair: Model):
    _begin(pair, 'p/0', 'beside')
    task = max(int(each) for each in json.loads(pair.juju('operations', '--format', 'json'))) + 1

    pair.juju('cancel-task', str(task))

    told = pair.wait(lambda: _ended(pair, str(task)))
    assert told['status'] == 'aborted'
    assert pair.exec('p/0', 'echo on').out == 'on\n'


def _begin(pair: Model, unit: str, action: str, *others: str) -> None:
    for name in ('said', action, *others):
        (pair.folder / name).unlink(missing_ok=True)
    pair.juju('run', '--background', unit, action)
    pair.wait(lambda: f'begins {action}' in pair.read('said'))


def _ended(pair: Model, task: str) -> dict[str, Any] | None:
    told = json.loads(pair.juju('show-task', '--format', 'json', task))
    return None if told['status'] in ('pending', 'running', 'aborting') else told
