"""What scripts that were written for Juju do besides the tables of the contract.

Source: juju: tests/suites/ and tests/includes/, whose commands and queries these are.
"""

from __future__ import annotations

import json
from pathlib import Path

import contract_model
import pytest
from contract_model import Model
from own import Own


@pytest.fixture(scope='module')
def there(shared: Model) -> Model:
    """``a/0`` and ``d/0``, which has storage that goes with its machine, at rest."""
    shared.deploy('a')
    shared.deploy('d', '--storage', 'data=loop,64M', charm='tracer-storage')
    shared.started('a/0', 'd/0')
    return shared


def test_a_controller_is_called_what_bootstrap_was_told(own: Own):
    """``juju bootstrap localhost ctrl``, and ``ctrl:model`` everywhere afterwards."""
    own.do('bootstrap', 'localhost/localhost', 'ctrl-x', '--add-model', 'm')

    found = json.loads(own.do('controllers', '--format', 'json'))
    status = json.loads(own.do('status', '-m', 'ctrl-x:admin/m', '--format', 'json'))
    moved = own('switch', 'ctrl-x:default')
    other, wrong = own('bootstrap', 'localhost', 'another'), own('status', '-m', 'ctrl-y:m')

    assert list(found['controllers']) == [found['current-controller']] == ['ctrl-x']
    assert (
        found['controllers']['ctrl-x']['uuid']
        == json.loads(own.do('show-controller', '--format', 'json'))['ctrl-x']['details'][
            'controller-uuid'
        ]
    )
    assert status['model']['controller'] == 'ctrl-x'
    assert moved.stderr == 'ctrl-x:admin/m -> ctrl-x:admin/default\n'
    assert own.do('bootstrap', 'localhost', 'ctrl-x') == ''
    assert (other.returncode, 'this has "ctrl-x"' in other.stderr) == (1, True)
    assert (wrong.returncode, wrong.stderr) == (
        1,
        'ERROR controller ctrl-y not found (not found)\n',
    )
    assert own('destroy-controller', 'ctrl-x', '-y').stderr.endswith('Controller destroyed.\n')


def test_new_models_have_what_bootstrap_said(own: Own, tmp_path: Path):
    """``--model-default key=value`` or a file, and ``add-model --config`` over it."""
    (tmp_path / 'defaults').write_text('update-status-hook-interval: 1m\nhttp-proxy: http://x\n')
    own.do(
        *('bootstrap', 'lxd', 'ctrl', '--model-default', tmp_path / 'defaults'),
        *('--model-default', 'automatically-retry-hooks=false', '--add-model', 'm'),
    )
    (tmp_path / 'config').write_text('http-proxy: http://y\n')
    own.do('add-model', 'n', '--config', tmp_path / 'config')

    asked = ('automatically-retry-hooks', 'update-status-hook-interval', 'http-proxy')
    had = {
        model: [own.do('model-config', '-m', model, key).strip() for key in asked]
        for model in ('default', 'm', 'n')
    }

    assert had == {
        'default': ['True', '5m', ''],
        'm': ['False', '1m', 'http://x'],
        'n': ['False', '1m', 'http://y'],
    }


def test_flags_of_logging_stand_before_and_behind_a_verb(there: Model):
    before = there.anywhere('--show-log', '--logging-config', '<root>=DEBUG', 'models')
    behind = there.ask('status', '--show-log', '-B', '--format', 'json')

    assert (before.code, there.name in before.out) == (0, True)
    assert list(json.loads(behind.out)['applications']) == ['a', 'd']


def test_an_empty_model_says_so_and_has_empty_storage(model: Model):
    """``juju status 2>&1 | sed -n 4p``, and ``jq .storage``, which is ``{}``."""
    told = model.ask('status')

    assert told.err == f'\nModel "admin/{model.name}" is empty.\n'
    assert model.status()['storage'] == {}


def test_a_revision_that_the_model_has_is_deployed_again(there: Model):
    """``juju deploy local:name-0``: no new revision, and no folder is needed."""
    revision = there.status()['applications']['a']['charm']

    there.juju('deploy', revision, 'again', '--series', 'jammy')
    there.settle()
    unknown = there.ask('deploy', 'local:tracer-77', 'x')

    assert there.status()['applications']['again']['charm'] == revision
    assert (unknown.code, unknown.err) == (
        1,
        'ERROR charm "local:tracer-77" not found (not found)\n',
    )


def test_pools_of_jujus_clouds_are_taken(there: Model):
    """What lies on the machine is numbered below it, ``0/0``, and every instance has a life."""
    there.juju('create-storage-pool', 'loopy', 'loop', 'size=1G')
    there.juju('create-storage-pool', 'kept', 'lxd', 'driver=zfs')

    pools = json.loads(there.juju('storage-pools', '--format', 'json'))
    storage = json.loads(there.juju('storage', '--format', 'json'))
    machine = there.units()['d/0']['machine']
    (name,) = storage['storage']

    assert pools['loopy'] == {'provider': 'loop', 'attrs': {'size': '1G'}}
    assert pools['kept'] == {'provider': 'lxd', 'attrs': {'driver': 'zfs'}}
    assert (storage['storage'][name]['life'], storage['storage'][name]['persistent']) == (
        'alive',
        False,
    )
    assert list(storage['filesystems']) == [f'{machine}/{name.partition("/")[2]}']
    assert storage['filesystems'][f'{machine}/{name.partition("/")[2]}']['pool'] == 'loop'


def test_the_resources_of_a_unit_are_a_list(there: Model, tmp_path: Path):
    """``juju resources app/0 --format json | jq '.[].name'``; without any nothing is printed."""
    charm = contract_model.charm(
        tmp_path / 'with', 'resources:\n  foo: {type: file, filename: foo.txt}\n'
    )
    (tmp_path / 'foo').write_text('x')
    there.juju('deploy', charm, 'with', '--resource', f'foo={tmp_path / "foo"}')

    whole = json.loads(there.juju('resources', 'with', '--format', 'json'))
    unit = json.loads(there.juju('resources', 'with/0', '--format', 'json'))
    none = there.ask('resources', 'a', '--format', 'json')

    assert [each['name'] for each in unit] == ['foo']
    assert unit == whole['resources']
    assert (none.code, none.out, none.err) == (0, '', 'No resources to display.\n')


def test_the_log_says_how_a_hook_was_run(there: Model, tmp_path: Path):
    """``juju debug-log --replay --no-tail | grep 'via hook dispatching script'``."""
    both = contract_model.charm(tmp_path / 'both', '', dispatch='exit 0')
    there.juju('deploy', both, 'both')
    there.wait(lambda: there.units().get('both/0', {})['juju-status']['current'] == 'idle')
    there.tool('a/0', 'true')

    log = there.juju('debug-log', '--replay', '--no-tail', '--include', 'unit-both-0')
    other = there.juju('debug-log', '--replay', '--no-tail', '--include', 'unit-a-0')

    assert 'ran "start" hook (via hook dispatching script: dispatch)' in log
    assert 'ran "start" hook (via explicit, bespoke hook script)' in other


def test_the_models_settings_are_read_back_from_what_was_printed(there: Model, tmp_path: Path):
    """``juju model-config --format yaml | juju model-config --file -``."""
    there.juju('model-config', 'logging-config=<root>=DEBUG', 'mode=[requires-prompts]')
    there.juju('model-config', '--reset', 'mode')
    (tmp_path / 'user').write_text('cloudinit-userdata: |\n  packages: [jq]\n')
    there.juju('model-config', '--file', str(tmp_path / 'user'))
    (tmp_path / 'all').write_text(there.juju('model-config', '--format', 'yaml'))

    there.juju('model-config', '--reset', 'logging-config')
    there.juju('model-config', '--ignore-read-only-fields', '--file', str(tmp_path / 'all'))
    boom = there.ask('model-config', 'mode=[boom]')

    assert there.juju('model-config', 'logging-config') == '<root>=DEBUG\n'
    assert 'packages: [jq]' in there.juju('model-config', 'cloudinit-userdata')
    assert '<value set, see juju model-config cloudinit-userdata>' in there.juju('model-config')
    told = json.loads(there.juju('model-config', '--format', 'json'))
    assert told['automatically-retry-hooks']['Source'] == 'default'
    assert (boom.code, boom.err) == (1, 'ERROR mode(s) "boom" not valid\n')


def test_options_of_ssh_go_before_the_command(there: Model):
    """``juju ssh unit -i key command``, as jubilant's ``ssh_options`` have it."""
    said = there.juju('ssh', 'a/0', '-i', '/no/key', '-oBatchMode=yes', '-t', 'echo', '-n', 'hi')

    assert said == 'hi'


def test_a_command_over_ssh_is_a_text_for_bash(there: Model):
    assert there.juju('ssh', 'a/0', 'x=(one two); [[ ${x[1]} == t* ]] && echo', 'yes') == 'yes\n'
