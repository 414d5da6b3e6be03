"""Subordinates and container scope. Source: contract 6.2, 6.4 and section 8, numbers 44 and 45."""

from __future__ import annotations

from pathlib import Path

import contract_model
import pytest
from contract_model import Model


@pytest.fixture
def pair(model: Model) -> Model:
    """Two principal units ``a/0`` and ``a/1``, each with its subordinate over ``inside``."""
    model.deploy('a', '-n', '2')
    model.deploy('s', charm='tracer-sub')
    model.juju('integrate', 'a:server', 's:inside')
    for unit in ('s/0', 's/1'):
        model.wait(lambda unit=unit: _has_changed(model, unit, 'inside'))
    model.settle()
    return model


def _has_changed(model: Model, unit: str, endpoint: str) -> bool:
    return any(each.name == f'{endpoint}-relation-changed' for each in model.trace(unit))


def _principal(model: Model, unit: str) -> str:
    return model.trace(unit)[0].env['JUJU_PRINCIPAL_UNIT']


def test_container_scope_shows_a_unit_only_its_own_counterpart(pair: Model):
    """Row 45: each side has one remote unit, the one beside it; peers see each other."""
    for unit in ('s/0', 's/1'):
        principal = _principal(pair, unit)
        seen = {
            each.env.get('JUJU_REMOTE_UNIT', '')
            for each in pair.trace(unit)
            if 'inside' in each.name
        }
        listed = pair.tool(unit, 'relation-list -r $(relation-ids inside)')
        back = pair.tool(principal, 'relation-list -r $(relation-ids server)')

        assert seen == {'', principal}
        assert listed.split() == [principal]
        assert back.split() == [unit]
    assert {_principal(pair, 's/0'), _principal(pair, 's/1')} == {'a/0', 'a/1'}


def test_subordinates_are_nested_below_their_principals_in_status(pair: Model):
    """Contract 4.5: no ``machine``, no ``units`` of their application, ``subordinate-to``."""
    apps = pair.status()['applications']

    for name, unit in apps['a']['units'].items():
        (subordinate,) = unit['subordinates']
        assert _principal(pair, subordinate) == name
        assert 'machine' not in unit['subordinates'][subordinate]
    assert 'units' not in apps['s']
    assert apps['s']['subordinate-to'] == ['a']
    assert apps['s']['relations']['inside'] == [
        {'related-application': 'a', 'interface': 'echo', 'scope': 'container'}
    ]


def test_subordinates_have_a_leader_of_their_own_and_share_the_machine(pair: Model):
    """6.4: an agent, charm folder and leader of its own, the principal's machine."""
    leaders = [name for name, unit in pair.units().items() if unit.get('leader')]
    for unit in ('s/0', 's/1'):
        mine, theirs = pair.trace(unit)[0], pair.trace(_principal(pair, unit))[0]

        assert mine.env['JUJU_MACHINE_ID'] == theirs.env['JUJU_MACHINE_ID']
        assert mine.env['JUJU_CHARM_DIR'] != theirs.env['JUJU_CHARM_DIR']
        assert theirs.env['JUJU_PRINCIPAL_UNIT'] == ''
    assert sorted(name.partition('/')[0] for name in leaders) == ['a', 's']


def test_removing_the_container_relation_ends_the_subordinate_units(pair: Model):
    """6.4: the subordinate runs its whole teardown; the principal stays and hears of it."""
    pair.juju('remove-relation', 'a', 's')
    pair.settle('s/0', 's/1')

    principal = _principal(pair, 's/0')
    ended = pair.hooks('s/0')[pair.hooks('s/0').index(f'inside-relation-departed {principal}') :]
    assert ended == [
        f'inside-relation-departed {principal}',
        'inside-relation-broken',
        'stop',
        'remove',
    ]
    assert pair.hooks(principal)[-2:] == ['server-relation-departed s/0', 'server-relation-broken']
    assert 's' in pair.status()['applications']


def test_a_subordinate_comes_back_when_the_relation_is_made_again(pair: Model):
    """A new unit takes the place of the old one, also when that is not gone yet."""
    pair.juju('remove-relation', 'a', 's')
    pair.wait(lambda: pair.ask('integrate', 'a:server', 's:inside').code == 0)

    for unit in ('s/2', 's/3'):
        pair.wait(lambda unit=unit: _has_changed(pair, unit, 'inside'))
    units = pair.settle('s/0', 's/1')
    assert set(units) == {'a/0', 'a/1', 's/2', 's/3'}


def test_the_principals_remove_waits_for_its_subordinate(pair: Model):
    """6.4: remove-unit of the principal destroys the subordinate first."""
    subordinate = next(unit for unit in ('s/0', 's/1') if _principal(pair, unit) == 'a/0')
    pair.juju('remove-unit', 'a/0', '--no-prompt')
    units = pair.settle('a/0', subordinate)

    order = [
        f'{each.unit} {each.name}' for each in pair.trace() if each.name in ('stop', 'remove')
    ]
    assert order.index(f'{subordinate} remove') < order.index('a/0 remove')
    assert len(order) == 4
    assert set(units) == {'a/1', ({'s/0', 's/1'} - {subordinate}).pop()}


def test_an_endpoint_more_makes_no_second_subordinate_unit(pair: Model):
    """6.4: one unit for each principal; it stays until the last container relation is gone."""
    pair.juju('integrate', 'a:juju-info', 's:host')
    for unit in ('s/0', 's/1'):
        pair.wait(lambda unit=unit: _has_changed(pair, unit, 'host'))
    both = set(pair.settle())
    pair.juju('remove-relation', 'a:server', 's:inside')
    pair.wait_hook('s/0', 'inside-relation-broken')
    kept = set(pair.settle())
    pair.juju('remove-relation', 'a:juju-info', 's:host')
    left = set(pair.settle('s/0', 's/1'))

    assert both == kept == {'a/0', 'a/1', 's/0', 's/1'}
    assert left == {'a/0', 'a/1'}


def test_a_subordinate_of_two_applications_knows_only_its_principals_relation(pair: Model):
    """Source: juju 3.6: state/relationunit.go Valid."""
    pair.deploy('b')
    pair.juju('integrate', 'b:server', 's:inside')
    pair.wait(lambda: _has_changed(pair, 's/2', 'inside'))
    pair.settle()

    for unit in ('s/0', 's/1', 's/2'):
        assert len(pair.tool(unit, 'relation-ids inside').split()) == 1
    assert {str(each) for each in pair.trace('s/2') if 'inside' in each.name} == {
        'inside-relation-created',
        'inside-relation-joined b/0',
        'inside-relation-changed b/0',
    }
    assert pair.status()['applications']['s']['subordinate-to'] == ['a', 'b']


def test_juju_info_runs_no_hooks_on_the_principals_side(model: Model):
    """6.2: the other side is an ordinary endpoint, which sees the principal's bag."""
    model.deploy('a')
    model.deploy('s', charm='tracer-sub')
    model.juju('integrate', 's:host', 'a')
    model.wait(lambda: _has_changed(model, 's/0', 'host'))
    model.settle()

    hosts = [str(each) for each in model.trace('s/0') if each.name.startswith('host-')]
    assert hosts == [
        'host-relation-created',
        'host-relation-joined a/0',
        'host-relation-changed a/0',
    ]
    assert not [each for each in model.trace('a/0') if 'juju-info' in each.name]
    assert model.tool('s/0', 'relation-get -r $(relation-ids host) ingress-address a/0').strip()
    order = [str(each) for each in model.trace('s/0')]
    assert order.index('install') < order.index('host-relation-created') < order.index('start')


def test_a_global_relation_to_juju_info_works_too(model: Model, tmp_path: Path):
    """6.2: juju-info is of global scope; only the other end makes a relation a container."""
    monitor = contract_model.charm(
        tmp_path / 'monitor',
        'requires:\n  watched: {interface: juju-info}\n',
        hooks__watched_relation_joined='status-set active $JUJU_REMOTE_UNIT',
    )
    model.deploy('a')
    model.juju('deploy', monitor, 'm')
    model.juju('integrate', 'm', 'a')

    model.wait(
        lambda: model.units().get('m/0', {}).get('workload-status', {}).get('message') == 'a/0'
    )
    assert 'subordinates' not in model.units()['a/0']


def test_an_explicit_endpoint_goes_before_the_implicit_one(model: Model):
    """Row 44: ``juju-info`` yields where something else fits."""
    model.deploy('a')
    model.deploy('s', charm='tracer-sub')

    model.juju('integrate', 'a', 's')

    assert list(model.status()['applications']['s']['relations']) == ['inside']


def test_an_ambiguous_relation_lists_what_it_could_be(model: Model):
    """Row 44: and an existing relation doesn't make it less ambiguous. Who requires is first."""
    model.deploy('a')
    model.deploy('b')

    first = model.ask('integrate', 'a', 'b')
    model.juju('integrate', 'a:client', 'b:server')
    second = model.ask('integrate', 'b', 'a')
    model.juju('integrate', 'a:server', 'b:client')
    third = model.ask('remove-relation', 'a', 'b')

    assert first.code == second.code == third.code == 1
    assert first.err.startswith('ERROR ambiguous relation: "a b" could refer to ')
    assert {'"a:client b:server"', '"b:client a:server"'} == set(
        first.err.partition('refer to ')[2].strip().split('; ')
    )
    assert second.err.startswith('ERROR ambiguous relation: "b a" could refer to ')
    assert third.err == first.err


def test_a_limit_is_kept_on_either_side(model: Model, tmp_path: Path):
    """6.2: ``limit`` counts the relations of that endpoint."""
    one = contract_model.charm(
        tmp_path / 'one', 'provides:\n  single: {interface: other, limit: 1}\n'
    )
    many = contract_model.charm(tmp_path / 'many', 'requires:\n  some: {interface: other}\n')
    model.juju('deploy', one, 'one')
    for name in ('x', 'y'):
        model.juju('deploy', many, name)
    model.juju('integrate', 'x', 'one')

    refused = model.ask('integrate', 'y', 'one')

    assert refused.code == 1
    assert (
        'cannot add relation "y:some one:single": establishing a new relation for one:single '
        'would exceed its maximum relation limit of 1' in refused.err
    )


@pytest.mark.parametrize(
    ('verb', 'args', 'said', 'code'),
    [
        (
            'deploy',
            ('{sub}', 't', '-n', '2'),
            'cannot use --num-units or --to with subordinate application',
            1,
        ),
        (
            'deploy',
            ('{sub}', 't', '--constraints', 'mem=2G'),
            'cannot use --constraints with subordinate application',
            1,
        ),
        ('add-unit', ('s',), 'application is a subordinate', 1),
        (
            'remove-unit',
            ('s/0', '--no-prompt'),
            'Note: this will remove all units of "s"',
            1,
        ),
    ],
)
def test_what_is_refused_for_a_subordinate(
    shared: Model, verb: str, args: tuple[str, ...], said: str, code: int
):
    """Contract 4.4."""
    if not shared.trace():
        shared.deploy('a')
        shared.deploy('s', charm='tracer-sub')
        shared.juju('integrate', 's:inside', 'a:server')
        shared.started('s/0')
    sub = str(contract_model.CHARMS / 'tracer-sub')

    refused = shared.ask(verb, *(arg.format(sub=sub) for arg in args))

    assert refused.code == code
    assert said in refused.err
