"""How actions run and end. Source: contract 3.16, 3.20, 4.3."""

from __future__ import annotations

import pytest
from contract_model import Model


@pytest.fixture(scope='module')
def unit(shared: Model) -> Model:
    """``a/0`` at rest."""
    shared.deploy('a')
    shared.started('a/0')
    return shared


def test_an_action_has_no_hook_name_and_a_dispatch_path(unit: Model):
    """Row 25."""
    unit.run('a/0', 'touch')
    env = next(each.env for each in unit.trace('a/0') if each.name == 'touch')

    assert env['JUJU_HOOK_NAME'] == ''
    assert env['JUJU_DISPATCH_PATH'] == 'actions/touch'
    assert env['JUJU_ACTION_NAME'] == 'touch'
    assert env['JUJU_ACTION_TAG'] == f'action-{env["JUJU_ACTION_UUID"]}'


def test_action_fail_with_exit_0_fails_the_task_and_not_the_command(unit: Model):
    """Row 38: what it wrote is kept."""
    result, told = unit.run('a/0', 'snippet', 'sh=state-set failed=1; action-fail "no luck"')

    assert (result.code, told['status'], told['message']) == (0, 'failed', 'no luck')
    assert told['results']['return-code'] == 0
    assert unit.tool('a/0', 'state-get failed').strip() == '1'


def test_an_exit_code_fails_the_command_and_discards_what_was_written(unit: Model):
    """Contract 3.20, 4.3."""
    result, told = unit.run('a/0', 'snippet', 'sh=state-set lost=1; action-set a.b=c; exit 4')

    assert (result.code, told['status'], told['message']) == (1, 'failed', 'exit status 4')
    assert told['results']['a'] == {'b': 'c'}
    assert 'task failed' in result.err
    assert 'with return code 4' in result.err
    assert unit.tool('a/0', 'state-get lost') == ''


@pytest.mark.parametrize('key', ['stdout', 'stderr', 'stdout-encoding', 'stderr-encoding'])
def test_action_set_refuses_what_juju_fills_in(unit: Model, key: str):
    """Row 48."""
    _, told = unit.run('a/0', 'snippet', f'sh=action-set {key}=x; echo $? >&2')

    assert told['results']['stderr'] == f'ERROR cannot set reserved action key "{key}"\n2\n'


def test_resource_get_prints_the_path_without_a_newline(model: Model):
    """Row 48."""
    import contract_model

    charm = contract_model.charm(
        model.folder / 'res', 'resources:\n  r: {type: file, filename: r.txt}\n'
    )
    (model.folder / 'given').write_text('content')
    model.juju('deploy', charm, 'res', '--resource', f'r={model.folder / "given"}')
    model.wait(
        lambda: model.units().get('res/0', {}).get('juju-status', {}).get('current') == 'idle'
    )

    path = model.tool('res/0', 'resource-get r')
    none = model.exec('res/0', 'resource-get x')

    assert path.endswith('/resources/r/r.txt')
    assert model.tool('res/0', f'cat {path}') == 'content'
    assert none.code == 1
    assert none.err.startswith('ERROR could not download resource: ')


def test_an_action_that_is_declared_and_not_there_fails(unit: Model):
    """Contract 3.20."""
    _, told = unit.run('a/0', 'undone')

    assert told['status'] == 'failed'
    assert told['message'] == 'action not implemented on unit "a/0"'


def test_an_unknown_action_is_refused(unit: Model):
    """Contract 4.3: jubilant looks for ``(not found)``."""
    result, _ = unit.run('a/0', 'nope')

    assert result.code == 1
    assert 'action "nope" not defined for unit "a/0"' in result.err
    assert '(not found)' in result.err


def test_parameters_are_checked_and_defaults_filled_in(unit: Model):
    """Contract 3.16, 3.20."""
    refused, _ = unit.run('a/0', 'touch', 'times=0')
    _, told = unit.run('a/0', 'touch')

    assert refused.code != 0 or 'validation failed' in refused.out
    assert told['results']['touched'] == 'touched'
