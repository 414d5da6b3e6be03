"""What a failed hook leaves behind, and how it goes on. Source: contract 2.9, 3.0."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from contract_model import Model

_WRITES = (
    'status-set blocked why; relation-set -r ring:0 lost=1; open-port 99; state-set lost=1;'
    ' secret-add --label lost token=abc; leader-set kept=1;'
)


@pytest.fixture(scope='module', autouse=True)
def retried(new_model: Callable[[], Model]) -> Model:
    """A model whose ``a/0`` fails in its first hook twice; the waiting goes on beside tests."""
    model = new_model()
    model.deploy('a', on={'install': '[ $(grep -c install $(config-get trace-file)) -ge 3 ]'})
    return model


@pytest.fixture(scope='module')
def failed(shared: Model) -> Model:
    """``a/0``, whose config-changed fails after it wrote everything that a hook can write."""
    shared.deploy('a')
    shared.started('a/0')
    shared.juju('model-config', 'automatically-retry-hooks=false')
    shared.on('a', config_changed=f'[ "$(config-get number)" = 7 ] || {{ {_WRITES} exit 1; }}')
    shared.wait_hook('a/0', 'config-changed', 2)
    shared.settle()
    shared.juju('config', 'a', 'number=8')
    shared.errs('a/0')
    return shared


def test_a_failed_hook_writes_nothing_but_its_status(failed: Model):
    """Row 22: what is at once stays."""
    said = failed.tool(
        'a/0',
        'relation-get -r 0 lost a/0; opened-ports; state-get lost; secret-ids; leader-get kept;'
        ' status-get --include-data --format=json',
    )
    kept, status = said.splitlines()

    assert kept == '1'
    assert json.loads(status)['message'] == 'why'


def test_an_error_shows_in_the_workload_and_the_agent_is_idle(failed: Model):
    """Row 36."""
    unit = failed.units()['a/0']

    assert unit['workload-status']['current'] == 'error'
    assert unit['workload-status']['message'] == 'hook failed: "config-changed"'
    assert unit['juju-status']['current'] == 'idle'


def test_actions_and_exec_run_on_a_unit_in_error(failed: Model):
    """Row 38: and it stays in error."""
    result, told = failed.run('a/0', 'touch')

    assert (result.code, told['status']) == (0, 'completed')
    failed.wait(lambda: failed.units()['a/0']['workload-status']['current'] == 'error')


def test_a_hook_is_tried_again_when_an_operator_says_so(model: Model):
    """Row 37: resolved runs the same hook again, with the newest config; --no-retry skips it."""
    model.deploy('a', on={'config-changed': '[ "$(config-get number)" = 8 ]'})
    model.deploy('b', on={'install': 'exit 1'})
    model.juju('model-config', 'automatically-retry-hooks=false')
    for unit in ('a/0', 'b/0'):
        model.errs(unit)
    ran = model.hooks('b/0').count('install')
    not_failed = model.ask('resolved', 'a/0', 'b/9')

    model.juju('config', 'a', 'number=8')
    model.juju('resolved', 'a/0')
    model.juju('resolved', '--no-retry', 'b/0')
    model.started('a/0', 'b/0')

    assert model.hooks('b/0').count('install') == ran
    assert not_failed.code == 1
    again = model.ask('resolved', 'a/0')
    assert (again.code, 'unit "a/0" is not in an error state' in again.err) == (1, True)


def test_the_commit_is_all_or_nothing_and_a_refusal_fails_the_hook(model: Model):
    """Row 23: the charm may have one ``data``."""
    take = (
        'state-set half=1; relation-set -r $(relation-ids ring) half=1; open-port 80;'
        ' storage-add data=5; true'
    )
    model.deploy('b', charm='tracer-storage', on={'start': take})

    status = model.errs('b/0')

    assert status['workload-status']['message'] == 'hook failed: "start"'
    assert model.tool('b/0', 'state-get half; relation-get -r $(relation-ids ring) half b/0') == ''
    assert model.tool('b/0', 'opened-ports') == ''
    assert 'at most 1 instances supported' in model.juju('debug-log', '--limit', '99')


def test_juju_exec_keeps_what_it_wrote_whatever_its_exit_code(model: Model):
    """Row 49: ``juju-exec`` on the unit's machine, as a service of the charm calls it."""
    model.deploy('a')
    model.started('a/0')
    tools = model.tool('a/0', 'dirname $(command -v config-get)').strip()

    result = model.exec(
        'a/0', f'setsid -f env -u JUJU_CONTEXT_ID {tools}/juju-exec a/0 "state-set kept=1; exit 3"'
    )

    assert result.code == 0
    model.wait(lambda: model.exec('a/0', 'state-get kept').out.strip() == '1')


def test_a_failed_hook_is_tried_again_by_itself_later_each_time(retried: Model):
    """Row 37: after 5 s, then twice as long."""
    retried.started('a/0')

    first, second, third = (e.time for e in retried.trace('a/0') if e.name == 'install')
    assert second - first >= 4
    assert third - second >= 8
