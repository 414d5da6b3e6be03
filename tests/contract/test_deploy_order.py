"""The hooks of a new unit and what they run in. Source: contract 1.2, 1.3, 2.3, 6.1."""

from __future__ import annotations

import os
import re
from pathlib import Path

import contract_model
import pytest
from contract_model import Model


@pytest.fixture(scope='module')
def fresh(shared: Model) -> Model:
    """``a/0`` without storage and ``d/0`` with, both at rest."""
    shared.deploy('a')
    shared.deploy('d', '--storage', 'logs=2', charm='tracer-storage')
    shared.started('a/0', 'd/0')
    return shared


def test_storage_is_attached_before_install_which_waits_for_it(fresh: Model):
    """Row 1."""
    hooks = [hook for hook in fresh.hooks('d/0') if not hook.startswith('ring')]

    assert sorted(hooks[:3]) == [
        'data-storage-attached',
        'logs-storage-attached',
        'logs-storage-attached',
    ]
    assert hooks[3] == 'install'


def test_install_waits_for_storage_that_cannot_be_made_yet(fresh: Model):
    """Row 1: its pool lies below a file, until that is taken away."""
    blocker = fresh.folder / 'blocker'
    blocker.touch()
    fresh.deploy('w', '--storage', f'data={blocker}/pool', charm='tracer-storage')
    fresh.deploy('later')
    fresh.wait_hook('later/0', 'start')

    before = fresh.hooks('w/0')
    blocker.unlink()
    fresh.started('w/0')

    assert before == []
    assert fresh.hooks('w/0')[:2] == ['data-storage-attached', 'install']


def test_install_then_peers_then_leader_then_config_then_start(fresh: Model):
    """Row 2."""
    assert fresh.hooks('a/0') == [
        'install',
        'ring-relation-created',
        'leader-elected',
        'config-changed',
        'start',
    ]


def test_start_follows_the_first_config_changed_and_no_later_one(model: Model):
    """Row 3."""
    model.deploy('a')
    model.started('a/0')

    model.juju('config', 'a', 'number=8')
    model.wait_hook('a/0', 'config-changed', 2)
    model.settle()

    hooks = model.hooks('a/0')
    assert hooks[hooks.index('config-changed') + 1] == 'start'
    assert hooks.count('start') == 1


def test_start_goes_before_all_that_waits_when_config_changed_ends(model: Model):
    """Row 3: *directly*: a unit of the other side waits to be told of, and another change."""
    first, second = model.folder / 'first', model.folder / 'second'
    wait = 'for i in $(seq 600); do [ -e {} ] && break; sleep 0.1; done'
    model.deploy('b')
    model.started('b/0')
    model.deploy('a', on={'install': wait.format(first), 'config-changed': wait.format(second)})
    model.wait_hook('a/0', 'install')
    model.juju('integrate', 'a:server', 'b:client')
    first.touch()
    model.wait_hook('a/0', 'config-changed')
    model.wait_hook('b/0', 'client-relation-changed a/0')

    model.juju('config', 'a', 'number=8')
    second.touch()
    model.wait_hook('a/0', 'server-relation-changed b/0')

    hooks = model.hooks('a/0')
    assert hooks[hooks.index('config-changed') :] == [
        'config-changed',
        'start',
        'config-changed',
        'server-relation-joined b/0',
        'server-relation-changed b/0',
    ]


def test_a_status_that_was_never_set_becomes_unknown_after_start(fresh: Model):
    """Row 4."""
    assert fresh.units()['a/0']['workload-status']['current'] == 'unknown'


def test_the_environment_is_not_inherited(fresh: Model):
    """Row 26: no HOME, USER or SHELL, and the fixed ones."""
    os.environ['SOLO_TEST_LEAK'] = 'x'
    names = set(fresh.trace('a/0')[0].names)

    assert not {'HOME', 'USER', 'SHELL', 'LOGNAME', 'PWD', 'SOLO_DATA', 'SOLO_TEST_LEAK'} & names
    assert names >= {
        'CHARM_DIR',
        'JUJU_CHARM_DIR',
        'JUJU_CONTEXT_ID',
        'JUJU_HOOK_NAME',
        'JUJU_DISPATCH_PATH',
        'JUJU_AGENT_SOCKET_ADDRESS',
        'JUJU_AGENT_SOCKET_NETWORK',
        'JUJU_UNIT_NAME',
        'JUJU_MODEL_NAME',
        'JUJU_MODEL_UUID',
        'JUJU_API_ADDRESSES',
        'JUJU_MACHINE_ID',
        'JUJU_PRINCIPAL_UNIT',
        'JUJU_AVAILABILITY_ZONE',
        'JUJU_VERSION',
        'CLOUD_API_VERSION',
        'JUJU_CHARM_HTTP_PROXY',
        'JUJU_CHARM_HTTPS_PROXY',
        'JUJU_CHARM_FTP_PROXY',
        'JUJU_CHARM_NO_PROXY',
        'APT_LISTCHANGES_FRONTEND',
        'DEBIAN_FRONTEND',
        'LANG',
        'TERM',
        'PATH',
    }


def test_a_hook_is_told_what_it_is(fresh: Model):
    """Contract 1.2 and 1.3: in the charm's folder, without arguments, with the charm's names."""
    first = fresh.trace('a/0')[0]

    assert first.env['JUJU_HOOK_NAME'] == 'install'
    assert first.env['JUJU_DISPATCH_PATH'] == 'hooks/install'
    assert re.match(r'^a/0-install-[0-9a-f]{32}$', first.env['JUJU_CONTEXT_ID'])
    assert first.cwd == first.env['CHARM_DIR'] == first.env['JUJU_CHARM_DIR']
    assert len(first.argv) == 1
    assert first.cwd.endswith('/agents/unit-a-0/charm')


def test_a_missing_hook_is_a_success_and_one_that_cannot_run_a_failure(
    model: Model, tmp_path: Path
):
    """Row 39."""
    charm = contract_model.charm(tmp_path / 'odd', '', dispatch='exit 0')
    (tmp_path / 'odd' / 'dispatch').chmod(0o644)
    none = contract_model.charm(tmp_path / 'none', '')
    model.juju('deploy', none, 'none')
    model.juju('deploy', charm, 'odd')

    failed = model.errs('odd/0')
    model.wait(lambda: model.units()['none/0']['juju-status']['current'] == 'idle')

    assert failed['workload-status']['message'] == 'hook failed: "install"'
    assert model.units()['none/0']['workload-status']['current'] == 'unknown'
    assert 'skipped "install" hook (missing)' in model.juju('debug-log', '--limit', '100')


def test_numbers_are_never_used_again_and_peers_take_relation_ids(model: Model):
    """Row 41: units by name, also of an application deployed again; one counter of relations."""
    model.deploy('a', '-n', '2')
    model.deploy('b')
    model.started('a/0', 'a/1', 'b/0')
    model.juju('integrate', 'a:server', 'b:client')
    model.wait_hook('b/0', 'client-relation-created')
    first = [model.tool(unit, f'relation-ids {end}').strip() for unit, end in _ENDS]
    model.juju('remove-unit', 'a/1', '--no-prompt')
    model.juju('add-unit', 'a')
    model.started('a/2')
    model.juju('remove-application', 'b', '--no-prompt')
    model.settle('b')
    model.deploy('b')
    model.started('b/1')

    assert first == ['ring:0', 'ring:1', 'server:2', 'client:2']
    assert set(model.units()) == {'a/0', 'a/2', 'b/1'}
    assert model.tool('b/1', 'relation-ids ring').strip() == 'ring:3'


_ENDS = (('a/0', 'ring'), ('b/0', 'ring'), ('a/0', 'server'), ('b/0', 'client'))


def test_operations_and_tasks_share_one_counter(fresh: Model):
    """Row 41: in 3.6 the first operation is 1, its task 2."""
    numbers = [int(fresh.run('a/0', 'touch')[1]['id']) for _ in range(2)]

    assert numbers[1] == numbers[0] + 2
