"""Who may read and write which bag, and what the commands say. Source: contract 3.0-3.5, 3.13."""

from __future__ import annotations

import json

import pytest
from contract_model import Model

_NO_SETTINGS = (
    'cannot read settings for unit "b/7" in relation "b:client a:server": '
    'unit "b/7": settings not found'
)


@pytest.fixture(scope='module')
def related(shared: Model) -> Model:
    """``a/0`` (leader) and ``a/1`` serve ``b/0``, all at rest; relation 2."""
    shared.deploy('a', '-n', '2')
    shared.deploy('b')
    shared.juju('integrate', 'a:server', 'b:client')
    shared.started('a/0', 'a/1', 'b/0')
    for unit in ('a/0', 'a/1'):
        shared.wait_hook('b/0', f'client-relation-changed {unit}')
        shared.wait_hook(unit, 'server-relation-changed b/0')
    shared.settle()
    return shared


def test_plain_relation_get_without_a_remote_unit_reads_the_remote_applications_bag(
    model: Model,
):
    """Row 19: in -created and -broken."""
    get = 'echo "$JUJU_HOOK_NAME $(relation-get --format=json)" >> $SAID'
    model.deploy('a', on={'server-relation-created': 'relation-set --app x=1'})
    model.deploy('b', on={'client-relation-broken': get, 'client-relation-joined': get})
    model.juju('integrate', 'a:server', 'b:client')
    model.wait_hook('b/0', 'client-relation-changed a/0')
    model.settle()

    model.juju('remove-relation', 'a', 'b')
    model.wait_hook('b/0', 'client-relation-broken')
    model.settle()

    joined, broken = model.said()
    assert broken == 'client-relation-broken {"x":"1"}'
    assert 'ingress-address' in joined


def test_own_application_bag_is_closed_to_a_non_leader_but_for_peers(related: Model):
    """Row 20: and its leader may write, its others not."""
    leader = 'a/0' if related.units()['a/0'].get('leader') else 'a/1'
    other = 'a/1' if leader == 'a/0' else 'a/0'
    related.tool(leader, 'relation-set --app -r server:2 k=v; relation-set --app -r ring:0 k=p')

    refused = related.exec(other, 'relation-get --app -r 2 - a')
    written = related.exec(other, 'relation-set --app -r 2 k=w')

    assert (refused.code, refused.err) == (1, 'ERROR permission denied\n')
    assert related.tool(leader, 'relation-get --app -r 2 k a').strip() == 'v'
    assert related.tool(other, 'relation-get --app -r 0 k a').strip() == 'p'
    assert related.tool('b/0', 'relation-get --app -r 2 k a/1').strip() == 'v'
    assert (written.code, written.err) == (1, 'ERROR cannot write relation settings\n')


def test_an_empty_value_or_null_deletes_and_duplicates_are_refused(related: Model):
    """Row 21."""
    related.tool('a/0', 'relation-set -r 2 a=1 b=2 c=3')
    related.tool(
        'a/0',
        'printf "b: null\\nd: 007\\n" | relation-set -r 2 --file - a= d=8; relation-set -r 2 e=',
    )

    twice = related.exec('a/0', 'relation-set -r 2 x=1 x=2')
    bare = related.exec('a/0', 'relation-set -r 2 x')
    bag = json.loads(related.tool('b/0', 'relation-get --format=json -r 2 - a/0'))

    assert {key: value for key, value in bag.items() if len(key) == 1} == {'c': '3', 'd': '8'}
    assert (twice.code, twice.err) == (2, 'ERROR key "x" specified more than once\n')
    assert (bare.code, bare.err) == (2, 'ERROR expected "key=value", got "x"\n')


def test_own_pending_writes_are_seen_in_the_same_hook_and_opened_ports_not(related: Model):
    """Row 24; and nobody else sees them."""
    gate = related.folder / 'seen'
    held = f'for i in $(seq 600); do [ -e {gate} ] && break; sleep 0.1; done'
    related.juju(
        *('run', '--background', 'a/0', 'snippet'),
        'sh=relation-set -r 2 now=1; relation-get -r 2 now a/0 >>$SAID; open-port 8080;'
        f' opened-ports >>$SAID; state-set s=1; state-get s >>$SAID; echo end >>$SAID; {held}',
    )
    related.wait(lambda: 'end' in related.said())

    other = related.tool('b/0', 'relation-get -r 2 now a/0')
    before = related.units()['a/0'].get('open-ports')
    gate.touch()
    related.settle()

    assert related.said()[-3:] == ['1', '1', 'end']
    assert (other, before) == ('', None)
    assert related.tool('b/0', 'relation-get -r 2 now a/0') == '1\n'
    assert related.tool('a/0', 'opened-ports').split() == ['8080/tcp']
    assert related.units()['a/0']['open-ports'] == ['8080/tcp']


def test_the_default_keys_are_in_a_units_bag(related: Model):
    """Row 31: 3.6 has ``private-address`` too; the application's bag starts empty."""
    bag = json.loads(related.tool('b/0', 'relation-get --format=json -r 2 - a/1'))

    assert set(bag) == {'private-address', 'ingress-address', 'egress-subnets'}
    assert (
        bag['private-address']
        == bag['ingress-address']
        == related.units()['a/1']['public-address']
    )
    assert bag['egress-subnets'].endswith('/32')
    assert related.tool('a/0', 'relation-get --format=json --app -r 2 - b') == '{}\n'


@pytest.mark.parametrize(
    ('command', 'code', 'said'),
    [
        ('relation-get -r 9 - b/0', 2, 'invalid value "9" for option -r: relation not found'),
        ('relation-list -r x', 2, 'invalid value "x" for option -r: invalid relation id'),
        ('relation-list', 2, 'no relation id specified'),
        ('relation-ids', 2, 'no endpoint name specified'),
        ('relation-get -r 2 - b', 2, 'expected unit name, got application name "b"'),
        ('relation-get -r 2 - B!', 2, 'invalid unit name "B!"'),
        ('relation-get -r 2', 2, 'no unit or application specified'),
        ('relation-get -r 2 - c/0', 1, 'permission denied'),
        ('relation-get -r 2 - a/1', 1, 'permission denied'),
        (
            'relation-get -r 2 - b/7',
            1,
            _NO_SETTINGS,
        ),
        ('relation-set -r 9 a=1', 2, 'invalid value "9" for option -r: relation not found'),
        ('relation-set a=1', 2, 'no relation id specified'),
        ('status-set --application active', 1, 'this unit is not the leader'),
        (
            'leader-set a=1',
            1,
            'cannot write leadership settings: cannot write settings: not the leader',
        ),
        (
            'status-get --application',
            1,
            'finding application status: this unit is not the leader',
        ),
        ('secret-get secret:00000000000000000000', 1, 'secret "00000000000000000000" not found'),
        ('network-get nope', 1, 'undefined for unit charm: endpoint "nope" not valid'),
        ('secret-add k=v', 2, 'key "k" not valid'),
        ('secret-add key=v', 1, 'this unit is not the leader'),
    ],
)
def test_the_words_of_refusals(related: Model, command: str, code: int, said: str):
    """Row 30: ops and charmhelpers look for them."""
    units = related.units()
    follower = 'a/1' if units['a/0'].get('leader') else 'a/0'
    # The table is written for a/0 as the one that asks.
    command = command.replace('a/1', 'a/1' if follower == 'a/0' else 'a/0')

    refused = related.exec(follower, command)

    assert (refused.code, refused.err) == (code, f'ERROR {said}\n')


def test_relation_list_and_ids_know_the_other_side(related: Model):
    """Contract 3.2, 3.3."""
    assert related.tool('b/0', 'relation-list --format=json -r client:2') == '["a/0","a/1"]\n'
    assert related.tool('b/0', 'relation-list --app --format=json -r anything:2') == '"a"\n'
    assert related.tool('b/0', 'relation-ids nope --format=json') == '[]\n'
    assert related.tool('a/0', 'relation-list -r 0').split() == ['a/1']


def test_the_model_of_a_relation_is_told(related: Model):
    """Contract 3.6."""
    mine = related.trace('a/0')[0].env['JUJU_MODEL_UUID']

    told = json.loads(related.tool('a/0', 'relation-model-get --format=json -r 2'))

    assert told == {'uuid': mine}
