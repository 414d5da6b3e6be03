"""What all hook commands have in common, and the small ones. Source: contract 1.5, 1.6, 3."""

from __future__ import annotations

import json
import os

import pytest
from contract_model import Model


@pytest.fixture(scope='module')
def unit(shared: Model) -> Model:
    """``a/0`` alone, at rest."""
    shared.deploy('a')
    shared.started('a/0')
    return shared


@pytest.mark.parametrize(
    ('command', 'code', 'said'),
    [
        ('config-get --nope', 2, 'option provided but not defined: --nope'),
        ('config-get a b', 2, 'unrecognized args: ["b"]'),
        ('config-get -a number', 2, 'cannot use argument --all together with key "number"'),
        (
            'config-get --format x',
            2,
            'invalid value "x" for option --format: unknown format "x"',
        ),
        ('juju-log', 2, 'no message specified'),
        ('status-set', 2, 'invalid args, require <status> [message]'),
        (
            'status-set error',
            2,
            'invalid status "error", expected one of [maintenance blocked waiting active]',
        ),
        ('open-port', 2, 'no port or range specified'),
        ('open-port 80/x', 2, 'invalid protocol "x", expected "tcp", "udp", or "icmp"'),
        ('open-port 70000', 2, 'port range bounds must be between 0 and 65535, got 70000-70000'),
        ('network-get', 2, 'no binding name specified'),
        (
            'network-get ring --primary-address --bind-address',
            2,
            '--primary-address must be the only flag specified',
        ),
        ('unit-get x', 2, 'unknown setting "x"'),
        ('state-get --strict nope', 1, '"nope" not found'),
        ('resource-get', 2, 'missing required resource name'),
        ('storage-get', 2, 'no storage instance specified'),
        ('storage-add', 2, 'storage add requires a storage directive'),
        ('storage-add data=x', 2, 'only count can be specified for "data"'),
        ('application-version-set', 2, 'no version specified'),
        ('leader-get a=b', 2, 'invalid key "a=b"'),
        ('secret-get', 2, 'require either a secret URI or label'),
        ('secret-add', 2, 'missing secret value or filename'),
        ('payload-register a b', 2, 'missing required arguments'),
        ('payload-register t none id', 1, 'payload "none" not found in metadata.yaml'),
        ('credential-get', 1, 'cannot access cloud credentials: permission denied'),
    ],
)
def test_usage_errors_exit_2_and_run_errors_1(unit: Model, command: str, code: int, said: str):
    """Row 27."""
    refused = unit.exec('a/0', command)

    assert (refused.code, refused.out, refused.err) == (code, '', f'ERROR {said}\n')


def test_smart_prints_python_truths_and_nothing_for_null(unit: Model):
    """Row 28."""
    assert unit.tool('a/0', 'is-leader') == 'True\n'
    assert unit.tool('a/0', 'config-get switch') == 'False\n'
    assert unit.tool('a/0', 'config-get nope; relation-ids server; relation-list -r 0') == ''
    assert unit.tool('a/0', 'config-get nope --format=json') == 'null\n'
    assert unit.tool('a/0', 'relation-ids server --format=json') == '[]\n'
    assert unit.tool('a/0', 'config-get number; config-get ratio') == '7\n0.5\n'
    assert unit.tool('a/0', 'is-leader --format=yaml; is-leader --format=json') == 'true\ntrue\n'
    assert unit.tool('a/0', 'secret-ids --format=json') == 'null\n'


def test_booleans_take_a_value_and_two_dashes_end_the_flags(unit: Model):
    """Row 29."""
    unit.tool('a/0', 'status-set --application=false active -- --odd')
    told = unit.tool('a/0', 'status-get --include-data --format=json --application=false')
    unit.tool('a/0', 'status-set -- active')

    assert json.loads(told) == {'message': '--odd', 'status': 'active', 'status-data': {}}
    assert unit.tool('a/0', 'status-get') == 'active\n'
    assert json.loads(unit.tool('a/0', 'status-get --format=json')) == {'status': 'active'}


def test_json_is_compact_sorted_and_escapes_as_go_does(unit: Model):
    """Contract 1.6."""
    unit.tool('a/0', "state-set b='<&>' a=1")

    assert unit.tool('a/0', 'state-get --format=json') == (
        '{"a":"1","b":"\\u003c\\u0026\\u003e"}\n'
    )
    assert unit.tool('a/0', 'state-get nope') == ''
    assert unit.tool('a/0', 'state-delete a; state-delete b; state-get --format=json') == '{}\n'
    assert unit.tool('a/0', 'state-get') == '{}\n'


def test_help_is_printed_on_stdout(unit: Model):
    """Contract 1.5: charmhelpers looks for ``--file`` in the help of relation-set."""
    helped = unit.exec('a/0', 'relation-set --help')

    assert (helped.code, helped.err) == (0, '')
    assert '--file' in helped.out


def test_unset_variables_and_unknown_contexts_are_refused(unit: Model):
    """Contract 1.5."""
    unset = unit.exec('a/0', 'env -u JUJU_CONTEXT_ID $(command -v config-get)')
    wrong = unit.exec('a/0', 'JUJU_CONTEXT_ID=x config-get')

    assert (unset.code, unset.err) == (1, 'ERROR JUJU_CONTEXT_ID not set\n')
    assert (wrong.code, wrong.err) == (1, 'ERROR bad request: wrong context ID; got "x"\n')


def test_network_get_has_addresses_subnets_and_selectors(unit: Model):
    """Contract 3.10."""
    whole = json.loads(unit.tool('a/0', 'network-get ring --format=json'))
    address = whole['ingress-addresses'][0]

    assert set(whole) == {'bind-addresses', 'egress-subnets', 'ingress-addresses'}
    assert whole['bind-addresses'][0]['addresses'][0]['value'] == address
    assert unit.tool('a/0', 'network-get --primary-address ring').strip() == address
    assert unit.tool('a/0', 'unit-get private-address').strip() == address
    assert unit.tool('a/0', 'network-get juju-info --ingress-address').strip() == address
    assert 'macaddress' in unit.tool('a/0', 'network-get ring --format yaml')


def test_ports_are_opened_and_closed_when_the_hook_succeeds(unit: Model):
    """Contract 3.11: also exact duplicates and closing what isn't open."""
    unit.tool('a/0', 'open-port 80; open-port 80/TCP; open-port 8080-8090/udp; open-port icmp')
    unit.tool('a/0', 'close-port 81; open-port 90 --endpoints server,web')

    assert unit.tool('a/0', 'opened-ports').split() == [
        'icmp',
        '80/tcp',
        '90/tcp',
        '8080-8090/udp',
    ]
    assert '90/tcp (server, web)' in unit.tool('a/0', 'opened-ports --endpoints')
    unit.tool(
        'a/0', 'close-port 8080-8090/udp; close-port icmp; close-port 90 --endpoints server,web'
    )
    assert unit.tool('a/0', 'opened-ports') == '80/tcp\n'


def test_ports_that_overlap_are_refused_at_once(shared: Model):
    """Contract 3.11: by the command itself, whoever has opened them; the hook may go on."""
    shared.deploy('p')
    shared.started('p/0')
    machine = shared.units()['p/0']['machine']
    shared.deploy('q', '--to', machine)
    shared.started('q/0')
    shared.tool('p/0', 'open-port 700')

    other = shared.exec('q/0', 'open-port 690-710; close-port 700')
    own = shared.exec('q/0', 'open-port 800; open-port 800-810; open-port 800')

    assert other.err.splitlines() == [
        f'ERROR cannot {action} (unit "q/0"): port range conflicts with 700/tcp (unit "p/0")'
        for action in ('open 690-710/tcp', 'close 700/tcp')
    ]
    assert own.err == (
        'ERROR cannot open 800-810/tcp (unit "q/0"): '
        'port range conflicts with 800/tcp (unit "q/0") requested earlier\n'
    )
    assert shared.tool('q/0', 'opened-ports') == '800/tcp\n'


def test_goal_state_counts_the_units_that_will_be(unit: Model):
    """Contract 3.15."""
    goal = json.loads(unit.tool('a/0', 'goal-state --format=json'))

    assert list(goal['units']) == ['a/0']
    assert set(goal['units']['a/0']) == {'status', 'since'}
    assert goal['relations'] == {}


def test_leader_settings_reach_the_others_at_once(model: Model):
    """Contract 3.7 (3.6): leader-settings-changed on those that don't lead."""
    model.deploy('a', '-n', '2')
    model.started('a/0', 'a/1')
    leader = next(name for name, unit in model.units().items() if unit.get('leader'))
    other = 'a/1' if leader == 'a/0' else 'a/0'
    before = model.hooks(other).count('leader-settings-changed')

    model.tool(leader, 'leader-set k=v gone=; leader-get k')
    model.wait_hook(other, 'leader-settings-changed', before + 1)

    assert model.tool(other, 'leader-get k; leader-get --format=json nope') == 'v\nnull\n'
    assert 'leader-settings-changed' not in model.hooks(leader)


def test_payloads_and_metrics_of_old_charms_are_taken(unit: Model):
    """Contract 3.19: add-metric belongs to collect-metrics, and is accepted."""
    refused = unit.exec('a/0', 'payload-status-set c i dancing')

    assert refused.code == 1
    assert refused.err == (
        'ERROR status "dancing" not supported; expected one of '
        '["running", "starting", "stopped", "stopping"]\n'
    )
    unit.tool('a/0', 'add-metric users=3 load=0.5')


def test_action_commands_belong_to_actions(model: Model):
    """Contract 3.16."""
    tools = 'action-get', 'action-set a=b', 'action-log x', 'action-fail'
    calls = '; '.join(f'{tool}; echo $?' for tool in tools)
    model.deploy('a', on={'start': f'{{ {calls}; }} >>$SAID 2>&1'})
    model.started('a/0')

    assert model.said() == ['ERROR not running an action', '1'] * 4


def test_a_reboot_comes_after_the_hook_and_start_after_the_reboot(model: Model):
    """Contract 3.18, row 47: and nothing but ``start``; ``--now`` runs the same hook again."""
    once = f'[ -e {model.folder}/again ] || {{ touch {model.folder}/again; juju-reboot --now; }}'
    model.deploy('a', on={'config-changed': once})
    model.started('a/0')
    first = model.hooks('a/0')

    model.on('a', config_changed='[ $(config-get number) = 7 ] || juju-reboot')
    model.wait_hook('a/0', 'config-changed', 3)
    model.juju('config', 'a', 'number=9')
    model.wait_hook('a/0', 'start', 2)
    model.settle()

    assert first[-3:] == ['config-changed', 'config-changed', 'start']
    assert model.hooks('a/0')[len(first) :] == ['config-changed', 'config-changed', 'start']
    refused = model.exec('a/0', 'juju-reboot')
    assert 'juju-reboot is not supported when running an action.' in refused.err


@pytest.mark.skipif(os.geteuid() != 0, reason='only root may put it there')
def test_the_version_is_where_charmhelpers_looks(shared: Model):
    """Contract 1.1: ``juju_version()`` of charmhelpers takes the first that it finds."""
    shared.deploy('old')
    shared.started('old/0')

    said = shared.tool(
        'old/0', '"$(ls -1 /var/lib/juju/tools/machine-*/jujud | head -n 1)" version'
    )

    assert said.startswith('3.')
