"""Machines, constraints, histories, keys and copies, from the outside. Source: contract 4, 6.5."""

from __future__ import annotations

import json
from pathlib import Path

import jubilant
import little_charm
import pytest
from conftest import Run
from in_model import InModel
from waiting import wait_for


@pytest.fixture(scope='module')
def app(juju: jubilant.Juju, tmp_path_factory: pytest.TempPathFactory) -> str:
    charm = little_charm.make(
        tmp_path_factory.mktemp('charm'),
        hooks={'start': 'status-set active ready'},
        provides={'web': {'interface': 'http'}},
    )
    juju.deploy(charm, 'app', constraints={'mem': '2G'})
    juju.wait(jubilant.all_active, delay=0.2)
    return 'app'


@pytest.fixture
def run(juju: jubilant.Juju, solo: Run) -> InModel:
    return InModel(juju, solo)


def test_a_machine_waits_for_units_and_goes_when_it_is_removed(
    juju: jubilant.Juju, app: str, run: InModel
):
    first = run('add-machine')
    name = first.stderr.split()[-1]
    wait_for(lambda: juju.status().machines[name].juju_status.current == 'started')
    juju.add_unit(app, to=name)
    juju.wait(jubilant.all_active, delay=0.2)
    unit = next(u for u, each in juju.status().apps[app].units.items() if each.machine == name)

    refused = run.error('remove-machine', name)
    forced = run.out('remove-machine', name, '--force')
    juju.wait(lambda status: name not in status.machines, delay=0.2)

    assert first.stderr == f'created machine {name}\n'
    assert refused == f'ERROR removing machine failed: machine {name} has unit "{unit}" assigned\n'
    assert forced == f'will remove machine {name}\n- will remove unit {unit}\n'
    assert unit not in juju.status().apps[app].units


def test_an_empty_machine_is_removed_at_once(juju: jubilant.Juju, run: InModel):
    juju.add_machine(num_machines=2)
    names = sorted(juju.status().machines, key=int)[-2:]

    out = run.out('remove-machine', '--no-prompt', *names)

    assert out == ''.join(f'will remove machine {name}\n' for name in names)
    juju.wait(lambda status: not set(names) & set(status.machines), delay=0.2)


def test_a_model_that_requires_prompts_keeps_what_nobody_confirmed(
    juju: jubilant.Juju, app: str, run: InModel
):
    """Contract 4.4: a confirmation is asked only if the mode has ``requires-prompts``."""
    juju.model_config({'mode': 'requires-prompts'})
    unit = next(iter(juju.status().apps[app].units))

    refused = run('remove-unit', unit, stdin='n\n')
    juju.model_config(reset='mode')

    assert refused.returncode == 1
    assert refused.stdout == f'will remove unit {unit}\n'
    assert 'life' not in run.json('status')['applications'][app]['units'][unit]['juju-status']


def test_machines_are_listed_and_shown(juju: jubilant.Juju, app: str, run: InModel):
    name = next(iter(juju.status().machines))

    listed = run.out('machines').splitlines()
    shown = run.json('show-machine', name)

    assert listed[0].split() == [
        'Machine',
        'State',
        'Address',
        'Inst',
        'id',
        'Base',
        'AZ',
        'Message',
    ]
    assert listed[1].split()[:2] == [name, 'started']
    assert shown['model'] == juju.model
    assert shown['machines'] == {name: run.json('machines')['machines'][name]}
    assert run.error('show-machine', '99') == 'ERROR machine 99 not found (not found)\n'


def test_what_cannot_be_done_with_machines_is_said(run: InModel):
    assert 'invalid machine id "x"' in run.error('remove-machine', 'x')
    assert 'no machines specified' in run.error('remove-machine')
    assert 'machine 99 not found' in run.error('remove-machine', '99')
    assert 'all machines are on this host' in run.error('add-machine', 'ssh:me@elsewhere')


def test_constraints_are_kept_and_shown(juju: jubilant.Juju, app: str, run: InModel):
    juju.model_constraints({'cores': 4, 'mem': '8G'})
    run.out('set-constraints', app, 'mem=512M', 'tags=a,b')

    assert juju.model_constraints() == {'cores': 4, 'mem': 8192}
    assert run.out('model-constraints') == 'cores=4 mem=8192M\n'
    assert run.out('constraints', app) == 'mem=512M tags=a,b\n'
    assert 'unknown constraint "colour"' in run.error('set-constraints', app, 'colour=red')
    assert 'bad "mem" constraint' in run.error('set-model-constraints', 'mem=lots')
    assert 'malformed constraint "mem"' in run.error('set-model-constraints', 'mem')


def test_an_application_is_shown(app: str, run: InModel):
    shown = run.json('show-application', app)[app]

    assert shown['charm'] == 'little'
    assert (shown['principal'], shown['exposed'], shown['remote']) == (True, False, False)
    assert shown['life'] == 'alive'
    assert shown['endpoint-bindings'] == {'': 'alpha', 'web': 'alpha'}
    assert 'application "nope" not found' in run.error('show-application', 'nope')


def test_a_units_history_is_kept(juju: jubilant.Juju, app: str, run: InModel):
    unit = next(iter(juju.status().apps[app].units))

    history = run.json('show-status-log', unit, '-n', '50')
    workload = run.json('show-status-log', unit, '--type', 'workload')
    table = run.out('show-status-log', unit).splitlines()
    machine = run.json('show-status-log', juju.status().apps[app].units[unit].machine)

    assert ('active', 'ready') in [(each['status'], each.get('message')) for each in workload]
    assert {each['type'] for each in history} == {'workload', 'juju-unit'}
    executing = [each.get('message') for each in history if each['status'] == 'executing']
    assert 'running start hook' in executing
    assert table[0].split() == ['Time', 'Type', 'Status', 'Message']
    assert {each['status'] for each in machine} == {'started', 'running'}
    assert '"x" is not a valid name for a unit' in run.error('show-status-log', 'x')
    assert 'entity name is missing.' in run.error('show-status-log')


def test_keys_are_kept_with_the_model(juju: jubilant.Juju, run: InModel):
    key = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHs me@there'
    assert 'There are no keys' in run('ssh-keys').stderr

    juju.add_ssh_key(key)
    listed = run.out('ssh-keys', '--full')
    again = run.error('add-ssh-key', key)
    juju.remove_ssh_key('me@there')

    assert key in listed
    assert 'duplicate ssh key' in again
    assert run.out('ssh-keys') == ''


def test_files_are_copied_both_ways(juju: jubilant.Juju, app: str, tmp_path: Path):
    unit = next(iter(juju.status().apps[app].units))
    (tmp_path / 'out').mkdir()
    (tmp_path / 'out' / 'file').write_text('over')

    juju.scp(tmp_path / 'out', f'{unit}:copied', scp_options=['-r'])
    juju.scp(f'{unit}:copied/file', tmp_path / 'back')
    juju.scp(f'ubuntu@{unit}:metadata.yaml', tmp_path / 'metadata')

    assert (tmp_path / 'back').read_text() == 'over'
    assert 'name: little' in (tmp_path / 'metadata').read_text()
    assert juju.ssh(unit, 'cat copied/file') == 'over'


def test_the_trust_is_given_and_taken(juju: jubilant.Juju, app: str, run: InModel):
    juju.trust(app)
    given = juju.config(app, app_config=True)['trust']
    juju.trust(app, remove=True)

    assert (given, juju.config(app, app_config=True)['trust']) == (True, False)


def test_settings_come_from_a_file_and_go_back_to_defaults(
    juju: jubilant.Juju, run: InModel, tmp_path: Path
):
    options = {'port': {'type': 'int', 'default': 80}, 'title': {'type': 'string'}}
    juju.deploy(little_charm.make(tmp_path / 'charm', options=options), 'web')
    (tmp_path / 'web.yaml').write_text('web: {port: 81, title: "from file"}')

    run.out('config', 'web', '--file', str(tmp_path / 'web.yaml'))
    filed = dict(juju.config('web'))
    juju.config('web', {'title': ''}, reset='port')
    reset = dict(juju.config('web'))
    wrong = run.error('config', 'web', 'port=many')

    assert filed == {'port': 81, 'title': 'from file'}
    assert reset == {'port': 80, 'title': ''}
    assert 'option "port" expected int, got "many"' in wrong
    assert 'key "nope" not found in "web" application config' in run.error('config', 'web', 'nope')
    assert json.loads(run.out('config', 'web', '--format', 'json'))['charm'] == 'little'


def test_the_models_settings_are_set_and_reset(juju: jubilant.Juju, run: InModel):
    juju.model_config({'update-status-hook-interval': '30m'})
    changed = run.json('model-config')['update-status-hook-interval']
    juju.model_config(reset='update-status-hook-interval')

    assert changed == {'Value': '30m', 'Source': 'model'}
    assert run.json('model-config')['update-status-hook-interval'] == {
        'Value': '5m',
        'Source': 'default',
    }
