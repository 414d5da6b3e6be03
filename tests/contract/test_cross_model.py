"""Relations between two models of a controller: who sees whom under which name, and how it ends.

Source: juju: internal/worker/remoterelations/, apiserver/facades/controller/crossmodelrelations/;
cmd/juju/crossmodel/.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest
from contract_model import CHARMS, Model

STAND_IN = re.compile(r'^remote-[0-9a-f]{32}$')


class Pair(NamedTuple):
    """A model with ``a``, which is offered as ``thing``, and one with ``c``, which consumes it."""

    offering: Model
    consuming: Model

    @property
    def stand_in(self) -> str:
        """How the offering model calls ``c``."""
        return self.hook('a/0', 'server-relation-created').env['JUJU_REMOTE_APP']

    def hook(self, unit: str, name: str) -> Any:
        """The first hook of that name that the unit ran."""
        model = self.offering if unit.startswith('a/') else self.consuming
        return next(each for each in model.trace(unit) if each.name == name)


@pytest.fixture(scope='module')
def pair(new_model: Callable[[], Model]) -> Pair:
    """Both, related: ``a:server`` by its offer, ``c:client`` with two units."""
    offering, consuming = new_model(), new_model()
    offering.deploy('a')
    consuming.deploy('c', '-n', '2')
    offering.juju('offer', 'a:server', 'thing')
    consuming.juju('integrate', 'c:client', f'admin/{offering.name}.thing')
    for unit in ('c/0', 'c/1'):
        consuming.wait_hook(unit, 'client-relation-changed thing/0')
    offering.wait(lambda: len(joined(offering)) == 2)
    offering.settle()
    consuming.settle()
    return Pair(offering, consuming)


def joined(model: Model) -> list[str]:
    """Return whom ``a/0`` has been joined by."""
    return [
        each.env['JUJU_REMOTE_UNIT']
        for each in model.trace('a/0')
        if each.name == 'server-relation-joined'
    ]


def test_each_side_sees_the_others_units_under_its_own_name_for_them(pair: Pair):
    assert sorted(joined(pair.offering)) == [f'{pair.stand_in}/0', f'{pair.stand_in}/1']
    assert STAND_IN.match(pair.stand_in)
    assert pair.hook('c/0', 'client-relation-joined').env['JUJU_REMOTE_APP'] == 'thing'
    listed = pair.consuming.tool('c/0', 'relation-list -r $(relation-ids client)')
    assert listed == 'thing/0\n'
    seen = pair.offering.tool('a/0', 'relation-list -r $(relation-ids server)')
    assert sorted(seen.split()) == sorted(joined(pair.offering))


def test_bags_go_from_model_to_model(pair: Pair):
    pair.offering.tool(
        'a/0',
        'r=$(relation-ids server); relation-set -r $r one=1; relation-set -r $r --app all=2',
    )
    pair.consuming.tool('c/1', 'relation-set -r $(relation-ids client) back=3')

    pair.consuming.wait_hook('c/0', 'client-relation-changed thing/0', 2)
    pair.offering.wait_hook('a/0', f'server-relation-changed {pair.stand_in}/1', 2)
    get = 'relation-get -r $(relation-ids'
    assert pair.consuming.tool('c/0', f'{get} client) one thing/0') == '1\n'
    assert pair.consuming.tool('c/0', f'{get} client) --app all thing') == '2\n'
    assert pair.offering.tool('a/0', f'{get} server) back {pair.stand_in}/1') == '3\n'
    address = pair.offering.units()['a/0']['public-address']
    assert pair.consuming.tool('c/0', f'{get} client) ingress-address thing/0') == f'{address}\n'


def test_the_model_of_the_other_side_is_told(pair: Pair):
    uuid = json.loads(pair.offering.juju('show-model', '--format', 'json'))
    told = pair.consuming.tool('c/0', 'relation-model-get -r $(relation-ids client)')

    assert uuid[pair.offering.name]['model-uuid'] in told


def test_status_shows_what_is_consumed_and_what_is_offered(pair: Pair):
    consumed = pair.consuming.status()
    offered = pair.offering.status()

    thing = consumed['application-endpoints']['thing']
    endpoint = {'server': {'interface': 'echo', 'role': 'provider'}}
    assert thing['url'].endswith(f'admin/{pair.offering.name}.thing')
    assert thing['endpoints'] == endpoint
    assert thing['relations'] == {'server': ['c']}
    assert 'thing' not in consumed['applications']
    assert (
        offered['offers']['thing'].items()
        >= {
            'application': 'a',
            'endpoints': endpoint,
            'total-connected-count': 1,
            'active-connected-count': 1,
        }.items()
    )
    assert list(offered['applications']) == ['a']
    shown = json.loads(pair.consuming.juju('show-unit', 'c/0', '--format', 'json'))
    info = next(
        each for each in shown['c/0']['relation-info'] if each['related-endpoint'] == 'server'
    )
    assert info['cross-model'] is True
    assert list(info['related-units']) == ['thing/0']


def test_secrets_of_the_offer_are_read_and_followed_in_the_other_model(pair: Pair):
    """The offering side may grant; what consumes may not (juju 3.6)."""
    id = pair.offering.tool('a/0', 'secret-add token=abc').strip()
    grant = f'secret-grant -r $(relation-ids server) {id}'
    refused = pair.consuming.exec('c/0', f'secret-get {id}')
    pair.offering.tool('a/0', grant)

    assert 'token: abc' in pair.consuming.tool('c/0', f'secret-get {id}')
    pair.offering.tool('a/0', f'secret-set {id} token=def')
    pair.consuming.wait_hook('c/0', 'secret-changed')
    assert 'token: def' in pair.consuming.tool('c/0', f'secret-get --refresh {id}')
    assert refused.code == 1 and 'permission denied' in refused.err
    theirs = pair.consuming.tool('c/0', 'secret-add --owner unit token=abc').strip()
    told = pair.consuming.ask(
        'exec', '--unit', 'c/0', '--', f'secret-grant -r $(relation-ids client) {theirs}'
    )
    assert told.code != 0


def test_a_suspended_relation_is_broken_and_a_resumed_one_made_anew(pair: Pair):
    (connection,) = json.loads(pair.offering.juju('offers', '--format', 'json'))['thing'][
        'connections'
    ]
    number = str(connection['relation-id'])

    pair.offering.juju('suspend-relation', number, '--message', 'for a while')
    pair.consuming.wait_hook('c/0', 'client-relation-broken')
    pair.offering.wait_hook('a/0', 'server-relation-broken')
    listed = pair.offering.juju('offers')
    pair.offering.juju('resume-relation', number)
    pair.consuming.wait_hook('c/0', 'client-relation-joined thing/0', 2)
    pair.consuming.wait_hook('c/1', 'client-relation-joined thing/0', 2)
    pair.offering.wait(lambda: len(joined(pair.offering)) == 4)

    assert 'suspended' in listed
    assert 'joined' in pair.offering.juju('offers')


def test_what_is_offered_is_found(pair: Pair):
    url = f'admin/{pair.offering.name}.thing'
    found = pair.consuming.anywhere('find-offers', url, '--format', 'json')
    shown = pair.consuming.juju('show-offer', url, '--format', 'json')

    for text in (found.out, shown):
        ((where, offer),) = json.loads(text).items()
        assert where.endswith(url)
        assert list(offer['endpoints']) == ['server']


@pytest.mark.parametrize(
    ('verb', 'args', 'words'),
    [
        ('consume', ('{model}.nothing',), 'application offer "admin/{model}.nothing" not found'),
        ('consume', ('{model}.thing', 'c'), 'local application with same name already exists'),
        ('consume', ('thing',), 'application offer URL has invalid form'),
        ('consume', ('{model}.thing:server',), "shouldn't include endpoint"),
        ('integrate', ('c:other', '{model}.thing'), 'no relations found'),
        ('remove-saas', ('nothing',), 'saas application "nothing" not found'),
        ('offer', ('c:nothing',), 'application "c" has no "nothing" relation'),
        ('offer', ('nothing:x',), 'application "nothing" not found'),
        ('deploy', ('{charm}', 'thing'), 'saas application with same name already exists'),
    ],
)
def test_what_cannot_be_is_refused(pair: Pair, verb: str, args: tuple[str, ...], words: str):
    facts = {'model': pair.offering.name, 'charm': str(CHARMS / 'tracer')}

    told = pair.consuming.ask(verb, *(arg.format(**facts) for arg in args))

    assert told.code in (1, 2)
    assert words.format(**facts) in told.err


def test_a_unit_that_goes_departs_in_the_other_model(pair: Pair):
    pair.consuming.juju('remove-unit', '--no-prompt', 'c/1')

    pair.offering.wait_hook('a/0', f'server-relation-departed {pair.stand_in}/1', 2)
    pair.consuming.settle('c/1')
    seen = pair.offering.tool('a/0', 'relation-list -r $(relation-ids server)')
    assert seen.split() == [f'{pair.stand_in}/0']


def test_an_offer_in_use_is_kept_and_remove_saas_ends_the_relation_in_both(pair: Pair):
    in_use = pair.offering.anywhere('remove-offer', f'{pair.offering.name}.thing')
    needed = pair.offering.ask('remove-application', '--no-prompt', 'a')

    pair.consuming.juju('remove-saas', 'thing')
    pair.consuming.wait_hook('c/0', 'client-relation-broken', 2)
    pair.offering.wait_hook('a/0', 'server-relation-broken', 2)
    gone = pair.consuming.wait(lambda: 'application-endpoints' not in pair.consuming.status())
    unused = pair.offering.wait(
        lambda: 'total-connected-count' not in pair.offering.status()['offers']['thing']
    )
    pair.offering.command('remove-offer', f'{pair.offering.name}.thing')

    assert in_use.err == 'ERROR cannot delete application offer "thing": offer has 1 relation\n'
    assert 'application is used by 1 consumer' in needed.err
    assert gone and unused
    assert 'offers' not in pair.offering.status()
