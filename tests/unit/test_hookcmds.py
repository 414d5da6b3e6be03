"""The other hook commands to the letter: contract 3.9 to 3.17."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from hook_api import HookApi
from hook_calls import SECRET, Hook, about, related_api

from solo import model
from solo.hookcmds import table


@pytest.fixture
def api() -> HookApi:
    return related_api()


@pytest.fixture
def hook(api: HookApi) -> Hook:
    return Hook(api)


# -- juju-log, 3.9 -----------------------------------------------------------------------------


def test_juju_log(api: HookApi):
    hook = Hook(api, about('relation-changed'))

    hook.out('juju-log', '--log-level', 'INFO', '--', '-x', 'y')
    hook.out('juju-log', '-l', 'warn', 'w')
    hook.out('juju-log', '--debug', 'd')
    hook.out('juju-log', '-l', 'odd', 'o')

    assert [(level, text) for level, _, text in api.lines] == [
        ('INFO', 'db:3: -x y'),
        ('WARNING', 'db:3: w'),
        ('DEBUG', 'db:3: d'),
        ('WARNING', 'Specified log level of "odd" is not valid'),
        ('INFO', 'db:3: o'),
    ]
    assert {module for _, module, _ in api.lines} == {'unit.app/0.juju-log'}
    assert hook.error('juju-log') == (2, 'no message specified')


# -- network, 3.10 -----------------------------------------------------------------------------


def test_network_get(hook: Hook):
    assert hook.json('network-get', 'db')['ingress-addresses'] == ['127.0.1.1']
    assert hook.out('network-get', '--primary-address', 'db') == '127.0.1.1\n'
    assert hook.out('network-get', 'db', '--ingress-address') == '127.0.1.1\n'
    assert hook.json('network-get', 'db', '--egress-subnets') == ['127.0.0.1/32']
    assert hook.json('network-get', 'db', '--egress-subnets', '--bind-address') == {
        'bind-address': '127.0.1.1',
        'egress-subnets': ['127.0.0.1/32'],
    }
    assert 'interfacename: eth0' in hook.out('network-get', 'db', '--format', 'yaml')
    assert hook.error('network-get', '') == (2, 'no binding name specified')
    assert hook.error('network-get', 'nope') == (
        1,
        'undefined for unit charm: endpoint "nope" not valid',
    )
    assert hook.error('network-get', 'db', '--primary-address', '--bind-address') == (
        2,
        '--primary-address must be the only flag specified',
    )
    assert 'relation not found' in hook.error('network-get', 'db', '-r', '99')[1]


def test_unit_get(hook: Hook):
    assert hook.out('unit-get', 'private-address') == '127.0.1.1\n'
    assert hook.error('unit-get', 'public-address') == (1, 'public address not found')
    assert hook.error('unit-get', 'x') == (2, 'unknown setting "x"')


# -- ports, 3.11 -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ('text', 'first', 'last', 'protocol'),
    [
        ('80', 80, 80, 'tcp'),
        ('80/UDP', 80, 80, 'udp'),
        ('8000-8100', 8000, 8100, 'tcp'),
        ('ICMP', -1, -1, 'icmp'),
    ],
)
def test_ports_are_written_in_many_ways(
    hook: Hook, text: str, first: int, last: int, protocol: str
):
    hook.out('open-port', text)

    assert hook.context.ports == [model.PortChange('open', model.PortRange(first, last, protocol))]


@pytest.mark.parametrize(
    ('text', 'message'),
    [
        ('80/sctp', 'invalid protocol "sctp", expected "tcp", "udp", or "icmp"'),
        ('70000', 'port range bounds must be between 0 and 65535, got 70000-70000'),
        ('80/icmp', 'protocol "icmp" doesn\'t support any ports'),
    ],
)
def test_ports_that_are_none(hook: Hook, text: str, message: str):
    assert hook.error('open-port', text) == (2, message)


def test_opened_ports_show_the_hooks_start(hook: Hook):
    """Row 24."""
    hook.api.ports = {
        '': (model.PortRange(80, 80, 'tcp'),),
        'db': (model.PortRange(8080, 8090, 'udp'), model.PortRange(53, 53, 'tcp')),
    }
    hook.out('close-port', '80', '--endpoints', 'db')

    assert hook.json('opened-ports') == ['53/tcp', '80/tcp', '8080-8090/udp']
    assert (
        hook.out('opened-ports', '--endpoints') == '53/tcp (db)\n80/tcp (*)\n8080-8090/udp (db)\n'
    )
    hook.out('close-port', '53', '--endpoints', 'db')
    hook.out('open-port', '443')
    assert hook.json('opened-ports') == ['53/tcp', '80/tcp', '8080-8090/udp']
    assert hook.error('open-port') == (2, 'no port or range specified')


# -- storage and state, 3.12 and 3.13 ----------------------------------------------------------


def test_storage(api: HookApi):
    view = model.StorageView('data/0', 'filesystem', '/srv', model.Life.ALIVE, attached=True)
    waiting = dataclasses.replace(view, id='logs/1', attached=False)
    api.world = dataclasses.replace(api.world, storage=(view, waiting))
    hook = Hook(api, model.Hook('storage-attached', storage='data/0'))

    assert hook.json('storage-list') == ['data/0']
    assert hook.json('storage-list', 'logs') == []
    assert hook.json('storage-get') == {'kind': 'filesystem', 'location': '/srv'}
    assert hook.out('storage-get', '-s', 'data/0', 'location') == '/srv\n'
    assert hook.error('storage-get', 'size') == (1, 'invalid storage attribute "size"')
    assert hook.error('storage-get', '-s', 'logs/1') == (
        2,
        'invalid value "logs/1" for option -s: storage not found',
    )
    assert Hook(api).error('storage-get') == (2, 'no storage instance specified')
    hook.out('storage-add', 'logs=2', 'data')
    assert hook.context.writes().storage == {'logs': 2, 'data': 1}
    assert hook.error('storage-add', 'logs=ebs,1') == (2, 'only count can be specified for "logs"')


def test_state(hook: Hook):
    assert hook.out('state-get', '--format=json') == '{}\n'
    hook.api.kept = {'a': '1'}
    hook = Hook(hook.api)

    hook.stdin = b'c: |\n  two\n  lines\n'
    hook.out('state-set', '--file', '-', 'b=')
    hook.out('state-delete', 'a')

    assert hook.json('state-get') == {'b': '', 'c': 'two\nlines\n'}
    assert hook.json('state-get', 'a') == ''
    assert hook.error('state-get', '--strict', 'a') == (1, '"a" not found')
    assert hook.context.writes().state == {'a': None, 'b': '', 'c': 'two\nlines\n'}


# -- secrets, 3.14 -----------------------------------------------------------------------------


def test_a_secret_of_this_hook_can_be_read_in_it(hook: Hook):
    """Row 32."""
    uri = hook.out('secret-add', '--label', 'pw', 'password=s3cret', 'user#base64=am9l').strip()

    bare = uri.removeprefix('secret:')
    assert uri == f'secret:{bare}'
    assert len(bare) == 20
    assert hook.json('secret-get', uri) == {'password': 's3cret', 'user': 'joe'}
    assert hook.json('secret-get', '--label', 'pw') == {'password': 's3cret', 'user': 'joe'}
    assert hook.json('secret-get', uri, 'user#base64') == 'am9l'
    assert hook.json('secret-ids') == [bare]
    info = hook.json('secret-info-get', uri)[bare]
    assert (info['revision'], info['owner'], info['label']) == (1, 'application', 'pw')


def test_a_secrets_content_may_come_from_a_file(hook: Hook, tmp_path: Path):
    (tmp_path / 'key').write_text('PEM')

    uri = hook.out('secret-add', '--owner', 'unit', f'key#file={tmp_path / "key"}').strip()

    assert hook.json('secret-get', uri) == {'key': 'PEM'}
    assert hook.context.secrets[0].owner == 'app/0'


def test_several_sets_make_one_change(hook: Hook):
    hook.api.owned = (model.Secret(SECRET, 'app', 'l', '', 3, 'never', None, None, ()),)
    hook.api.contents = {SECRET: {'password': 'old'}}

    hook.out('secret-set', SECRET, 'password=new')
    hook.out('secret-set', f'secret:{SECRET}', '--rotate', 'daily')

    assert hook.context.secrets == [
        model.SecretChange('set', SECRET, content={'password': 'new'}, rotate='daily')
    ]
    assert hook.json('secret-get', SECRET) == {'password': 'old'}
    assert hook.json('secret-get', SECRET, '--refresh') == {'password': 'new'}


def test_grants_follow_the_relation(api: HookApi):
    api.owned = (model.Secret(SECRET, 'app', 'l', '', 3, 'never', None, None, ()),)
    hook = Hook(api)

    hook.out('secret-grant', SECRET, '-r', '3')
    hook.out('secret-grant', SECRET, '-r', '3', '--unit', 'pg/0')
    hook.out('secret-revoke', SECRET, '--app', 'pg')
    hook.out('secret-remove', SECRET, '--revision', '2')

    assert hook.context.secrets == [
        model.SecretChange('grant', SECRET, relation=3, target='pg'),
        model.SecretChange('grant', SECRET, relation=3, target='pg/0'),
        model.SecretChange('revoke', SECRET, target='pg'),
        model.SecretChange('remove', SECRET, revision=2),
    ]
    assert hook.error('secret-grant', SECRET) == (2, 'no relation id specified')
    assert hook.error('secret-revoke', SECRET) == (
        2,
        'missing relation or application or unit',
    )


def test_what_secrets_refuse(hook: Hook):
    assert hook.error('secret-add') == (2, 'missing secret value or filename')
    assert hook.error('secret-add', 'ab=x') == (2, 'key "ab" not valid')
    assert hook.error('secret-add', 'abc=x', '--rotate', 'often')[0] == 2
    assert hook.error('secret-add', 'abc=x', '--expire', '-1h')[0] == 2
    assert hook.error('secret-get', SECRET, '--peek', '--refresh')[0] == 2
    code, message = hook.error('secret-get', SECRET)
    assert (code, 'not found' in message) == (1, True)
    assert hook.out('secret-ids', '--format=json') == 'null\n'
    hook.api.world = dataclasses.replace(hook.api.world, is_leader=False)
    assert hook.error('secret-add', 'abc=x') == (1, 'this unit is not the leader')
    assert hook.error('secret-set', SECRET, 'abc=x') == (1, 'permission denied')


# -- actions, 3.16 -----------------------------------------------------------------------------


def test_actions(api: HookApi):
    hook = Hook(api, task=True)

    assert hook.json('action-get') == {'size': 5, 'deep': {'er': 'x'}}
    assert hook.out('action-get', 'deep.er') == 'x\n'
    assert hook.out('action-get', 'deep.er.est', '--format=json') == 'null\n'
    hook.out('action-set', 'a.b=1', 'c=2')
    hook.out('action-set', 'a.d=3', 'c.e=4')
    assert hook.context.action_results == {'a': {'b': '1', 'd': '3'}, 'c': {'e': '4'}}
    hook.out('action-log', 'half', 'way')
    assert api.task_lines == ['half way']
    hook.out('action-fail')
    assert hook.context.action_failure == (
        'action failed without reason given, check action for errors'
    )


def test_what_actions_refuse(hook: Hook):
    """Row 48."""
    for command in ('action-get', 'action-log x', 'action-fail', 'action-set a=1'):
        assert hook.error(*command.split()) == (1, 'not running an action')
    assert hook.error('action-set', 'stdout=x') == (2, 'cannot set reserved action key "stdout"')
    assert hook.error('action-set', 'A=x')[0] == 2


# -- the rest ----------------------------------------------------------------------------------


def test_resource_get_prints_no_newline(hook: Hook):
    """Row 48."""
    hook.api.resources = {'thing': Path('/r/thing/file')}

    assert hook.out('resource-get', 'thing') == '/r/thing/file'
    assert hook.error('resource-get') == (2, 'missing required resource name')
    code, message = hook.error('resource-get', 'nope')
    assert (code, message.startswith('could not download resource: ')) == (1, True)


def test_goal_state_is_yaml_by_default(hook: Hook):
    assert hook.out('goal-state').startswith('units:\n  app/0:\n')
    assert hook.error('goal-state', '--format', 'smart') == (
        2,
        'invalid value "smart" for option --format: unknown format "smart"',
    )


def test_output_may_go_to_a_file(hook: Hook, tmp_path: Path):
    assert hook.out('is-leader', '-o', str(tmp_path / 'f')) == ''
    assert (tmp_path / 'f').read_text() == 'True\n'


def test_usage_errors_are_2_and_run_errors_1(hook: Hook):
    """Row 27."""
    assert hook.error('is-leader', 'x') == (2, 'unrecognized args: ["x"]')
    assert hook.error('nope')[0] == 1
    assert hook.error('nope')[1] == 'bad request: unknown command: nope'


@pytest.mark.parametrize('name', sorted(table.TOOLS))
def test_every_command_has_help(hook: Hook, name: str):
    text = hook.out(name, '--help')

    assert text.startswith(f'Usage: {name}')
    assert '\nSummary:\n' in text
