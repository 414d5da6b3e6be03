"""config-get, relation-*, leader-* and status-* to the letter: contract 3.1 to 3.8."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from hook_api import HookApi, relation
from hook_calls import Hook, about, related_api

from solo import model


@pytest.fixture
def api() -> HookApi:
    return related_api()


@pytest.fixture
def hook(api: HookApi) -> Hook:
    return Hook(api)


# -- config-get, 3.1 ---------------------------------------------------------------------------


def test_config_get(hook: Hook):
    hook.api.options = {'port': 80, 'on': True, 'ratio': 1.5, 'unset': None}

    assert hook.json('config-get') == {'port': 80, 'on': True, 'ratio': 1.5}
    assert hook.json('config-get', '--all')['unset'] is None
    assert hook.out('config-get', 'on') == 'True\n'
    assert hook.out('config-get', 'unset') == ''
    assert hook.out('config-get', 'nope', '--format', 'json') == 'null\n'
    assert hook.error('config-get', '--all', 'k') == (
        2,
        'cannot use argument --all together with key "k"',
    )


def test_config_is_read_once(hook: Hook):
    hook.api.options = {'port': 80}
    hook.out('config-get')
    hook.api.options = {'port': 81}

    assert hook.out('config-get', 'port') == '80\n'


# -- relations, 3.2 to 3.6 ---------------------------------------------------------------------


def test_relation_ids(hook: Hook):
    hook.api.world = dataclasses.replace(
        hook.api.world,
        relations={9: relation(9), 10: relation(10), 11: relation(11, in_scope=False)},
    )
    hook = Hook(hook.api)

    assert hook.out('relation-ids', 'db') == 'db:10\ndb:9\n'
    assert hook.json('relation-ids', 'nope') == []
    assert hook.error('relation-ids') == (2, 'no endpoint name specified')


def test_relation_ids_knows_the_hooks_endpoint(api: HookApi):
    assert Hook(api, about('relation-joined')).json('relation-ids') == ['db:3']


def test_a_broken_relation_is_left_out_of_ids_but_can_be_named(api: HookApi):
    """Row 18."""
    api.world = dataclasses.replace(
        api.world, relations={3: relation(life=model.Life.DYING, members={})}
    )
    hook = Hook(api, about('relation-broken', None))
    hook.context.relations[3] = dataclasses.replace(
        hook.context.relations[3], members=(), is_broken=True
    )

    assert hook.json('relation-ids', 'db') == []
    assert hook.json('relation-list', '-r', '3') == []
    assert hook.json('relation-get', '-r', 'db:3') == {'from': 'app'}


def test_relation_list(hook: Hook):
    assert hook.out('relation-list', '-r', 'any:3') == 'pg/0\npg/10\n'
    assert hook.json('relation-list', '--app', '-r', '3') == 'pg'
    assert hook.error('relation-list') == (2, 'no relation id specified')
    assert hook.error('relation-list', '-r', 'x') == (
        2,
        'invalid value "x" for option -r: invalid relation id',
    )
    assert hook.error('relation-list', '--relation', '9') == (
        2,
        'invalid value "9" for option --relation: relation not found',
    )


def test_a_departing_unit_is_gone_from_the_list_and_its_bag_readable(api: HookApi):
    """Row 17."""
    hook = Hook(api, about('relation-departed'))

    assert hook.json('relation-list') == ['pg/10']
    assert hook.json('relation-get', '-', 'pg/0') == {'host': 'h0'}


def test_relation_get(api: HookApi):
    hook = Hook(api, about('relation-changed'))

    assert hook.out('relation-get', 'host') == 'h0\n'
    assert hook.json('relation-get') == {'host': 'h0'}
    assert hook.out('relation-get', 'nope', '--format=json') == 'null\n'
    assert hook.json('relation-get', '--app') == {'from': 'app'}
    assert hook.json('relation-get', '--app', '-', 'pg/0') == {'from': 'app'}
    assert hook.error('relation-get', '-', 'pg') == (
        2,
        'expected unit name, got application name "pg"',
    )
    assert hook.error('relation-get', '-', 'X!') == (2, 'invalid unit name "X!"')
    assert hook.error('relation-get', '-', 'other/0') == (1, 'permission denied')


def test_relation_get_without_a_unit_reads_the_application(api: HookApi):
    """Row 19."""
    assert Hook(api, about('relation-created', None)).json('relation-get') == {'from': 'app'}
    assert Hook(api).error('relation-get', '-r', '3') == (2, 'no unit or application specified')


def test_a_remote_bag_is_read_once(api: HookApi):
    hook = Hook(api, about('relation-changed'))
    hook.out('relation-get')
    api.bags[3, 'pg/0'] = {'host': 'new'}

    assert hook.out('relation-get', 'host') == 'h0\n'


def test_relation_set(hook: Hook):
    """Rows 21 and 24."""
    hook.stdin = b'{"a": "file", "b": 1, "gone": null, "mine": ""}'

    hook.out('relation-set', '-r', '3', '--file', '-', 'a=line', 'x=')

    writes = hook.context.writes()
    assert writes.unit_bags == {3: {'a': 'line', 'b': '1', 'gone': None, 'mine': None, 'x': None}}
    assert hook.json('relation-get', '-r', '3', '-', 'app/0') == {'a': 'line', 'b': '1'}


def test_relation_set_refuses(hook: Hook):
    assert hook.error('relation-set', '-r', '3', 'x') == (2, 'expected "key=value", got "x"')
    assert hook.error('relation-set', '-r', '3', '=x') == (2, 'expected "key=value", got "=x"')
    assert hook.error('relation-set', '-r', '3', 'k=1', 'k=2') == (
        2,
        'key "k" specified more than once',
    )
    assert hook.context.writes() == model.Writes(unit_bags=hook.context.unit_bags)


def test_only_the_leader_writes_the_applications_bag(api: HookApi):
    hook = Hook(api)
    hook.out('relation-set', '-r', '3', '--app', 'k=v')
    assert hook.context.writes().app_bags == {3: {'k': 'v'}}
    assert hook.json('relation-get', '-r', '3', '--app', '-', 'app') == {'k': 'v', 'ours': 'old'}

    api.world = dataclasses.replace(api.world, is_leader=False)

    assert Hook(api).error('relation-set', '-r', '3', '--app', 'k=v') == (
        1,
        'cannot write relation settings',
    )


def test_help_names_the_file_option(hook: Hook):
    assert '--file' in hook.out('relation-set', '--help')


# -- leadership, 3.7 ---------------------------------------------------------------------------


def test_leadership_lost_is_lost_for_the_hook(hook: Hook):
    assert hook.out('is-leader') == 'True\n'
    hook.api.world = dataclasses.replace(hook.api.world, is_leader=False)
    assert hook.json('is-leader') is False
    hook.api.world = dataclasses.replace(hook.api.world, is_leader=True)

    assert hook.json('is-leader') is False


def test_leader_settings(hook: Hook):
    hook.out('leader-set', 'a=1', 'b=2')
    hook.out('leader-set', 'b=')

    assert hook.json('leader-get') == {'a': '1'}
    assert hook.out('leader-get', 'a') == '1\n'
    assert hook.out('leader-get', 'b') == ''
    assert hook.error('leader-get', 'a=b') == (2, 'invalid key "a=b"')
    hook.api.world = dataclasses.replace(hook.api.world, is_leader=False)
    assert hook.error('leader-set', 'a=2') == (
        1,
        'cannot write leadership settings: cannot write settings: not the leader',
    )


# -- status, 3.8 -------------------------------------------------------------------------------


def test_status_set_is_at_once(hook: Hook):
    hook.out('status-set', 'active', 'all is well')
    hook.out('status-set', '--application=true', 'blocked')
    hook.out('status-set', '--application=false', '--', 'waiting', '--for you')

    assert hook.api.statuses == [
        ('active', 'all is well', False),
        ('blocked', '', True),
        ('waiting', '--for you', False),
    ]
    assert hook.context.status_set


def test_status_set_refuses(hook: Hook):
    assert hook.error('status-set') == (2, 'invalid args, require <status> [message]')
    for status in ('x', 'error', 'unknown', 'terminated'):
        assert hook.error('status-set', status) == (
            2,
            f'invalid status "{status}", expected one of [maintenance blocked waiting active]',
        )
    hook.api.world = dataclasses.replace(hook.api.world, is_leader=False)
    assert hook.error('status-set', '--application', 'active') == (
        1,
        'this unit is not the leader',
    )


def test_status_get(hook: Hook):
    assert hook.out('status-get') == 'waiting\n'
    assert hook.json('status-get') == {'status': 'waiting'}
    whole: dict[str, Any] = {'message': '', 'status': 'waiting', 'status-data': {}}
    assert hook.json('status-get', '--include-data', '--application=false') == whole
    assert hook.json('status-get', '--include-data', '--application') == {
        'application-status': {**whole, 'units': {'app/0': whole}}
    }
    hook.api.world = dataclasses.replace(hook.api.world, is_leader=False)
    assert hook.error('status-get', '--application') == (
        1,
        'finding application status: this unit is not the leader',
    )


def test_the_version_of_the_workload(hook: Hook):
    hook.out('application-version-set', '15.8')

    assert hook.api.version == '15.8'
    assert hook.error('application-version-set') == (2, 'no version specified')
