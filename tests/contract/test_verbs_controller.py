"""What scripts ask of a controller before they begin. Source: Juju 3.6's ``--format json``."""

from __future__ import annotations

import json

import pytest
from contract_model import CHARMS, Model


@pytest.mark.parametrize(
    ('verb', 'keys'),
    [
        ('show-controller', {'details', 'account', 'models', 'current-model'}),
        ('clouds', {'defined', 'type', 'auth-types', 'regions', 'description'}),
    ],
)
def test_the_controller_and_its_cloud_are_told(shared: Model, verb: str, keys: set[str]):
    found = json.loads(shared.anywhere(verb, '--format', 'json').out)

    assert all(keys >= set(each) for each in found.values())
    assert found


def test_users_and_spaces_are_the_ones_that_every_model_has(shared: Model):
    users = json.loads(shared.anywhere('users', '--format', 'json').out)
    spaces = json.loads(shared.juju('spaces', '--format', 'json'))

    assert 'admin' in [each['user-name'] for each in users]
    assert 'alpha' in [each['name'] for each in spaces['spaces']]


def test_a_machine_that_is_well_needs_no_retry(shared: Model):
    shared.deploy('a')
    shared.started('a/0')

    done = shared.ask('retry-provisioning', '0')

    assert (done.code, done.err) == (1, 'machine 0 is not in an error state\n')


def test_each_hook_command_has_its_help(shared: Model):
    listed = shared.anywhere('help-hook-commands').out

    assert {'relation-get', 'config-get'} <= {line.split()[0] for line in listed.splitlines()}
    assert shared.anywhere('help-action-commands', 'action-fail').out.startswith('Usage: action-')


def test_two_dashes_end_the_options_of_ssh(shared: Model):
    assert shared.juju('ssh', 'a/0', '--', 'echo', 'said') == 'said\n'


def test_endpoints_are_bound_to_the_space_that_there_is(shared: Model):
    shared.juju('bind', 'a', 'alpha', 'ring=alpha')

    elsewhere = shared.ask('bind', 'a', 'ring=nowhere')
    unknown = shared.ask('deploy', str(CHARMS / 'tracer'), 'z', '--bind', 'nothing=alpha')

    assert shared.status()['applications']['a']['endpoint-bindings']['ring'] == 'alpha'
    assert (elsewhere.code, 'space "nowhere" not found' in elsewhere.err) == (1, True)
    assert (unknown.code, 'unknown endpoint "nothing" not valid' in unknown.err) == (1, True)
    assert 'z' not in shared.status()['applications']


def test_each_unit_has_the_version_that_it_said(shared: Model):
    shared.juju('add-unit', 'a')
    shared.started('a/0', 'a/1')
    shared.tool('a/0', 'application-version-set 1.0')
    shared.tool('a/1', 'application-version-set 2.0')

    units = [json.loads(shared.juju('show-unit', f'a/{n}', '--format', 'json')) for n in (0, 1)]

    assert [each[f'a/{n}']['workload-version'] for n, each in enumerate(units)] == ['1.0', '2.0']
    assert shared.status()['applications']['a']['version'] == '2.0'
