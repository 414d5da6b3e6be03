"""How units, relations and applications end. Source: contract 2.5, 2.6, 2.7."""

from __future__ import annotations

import contract_model
import pytest
from contract_model import Model


@pytest.fixture(scope='module')
def dying(shared: Model) -> Model:
    """``d/0`` with storage, a peer ``d/1``, related to ``b/0``, was removed."""
    shared.deploy('d', '-n', '2', charm='tracer-storage')
    shared.deploy('b')
    shared.deploy('a', '-n', '2')
    shared.juju('integrate', 'a:server', 'b:client')
    shared.started('d/0', 'd/1', 'a/0', 'a/1', 'b/0')
    for unit in ('a/0', 'a/1'):
        shared.wait_hook('b/0', f'client-relation-changed {unit}')
        shared.wait_hook(unit, 'server-relation-changed b/0')
    for app in ('a', 'd'):
        shared.wait_hook(f'{app}/0', f'ring-relation-changed {app}/1')
        shared.wait_hook(f'{app}/1', f'ring-relation-changed {app}/0')
    address = 'relation-get ingress-address $JUJU_REMOTE_UNIT'
    listed = 'relation-list -r $JUJU_RELATION_ID'
    probe = f'echo $JUJU_UNIT_NAME $(relation-list) "|" $({address}) >> $SAID'
    shared.on(
        'b',
        client_relation_departed=probe,
        client_relation_broken=f'echo "broken [$(relation-ids client)] [$({listed})]'
        f' [$({listed} --app)]" >>$SAID',
    )
    shared.wait_hook('b/0', 'config-changed', 2)
    shared.settle()
    shared.juju('remove-unit', 'd/0', '--no-prompt')
    shared.juju('remove-unit', 'a/1', '--no-prompt')
    shared.wait_hook('b/0', 'client-relation-departed a/1')
    shared.settle('a/1', 'd/0')
    return shared


def _tail(model: Model, unit: str, first: str) -> list[str]:
    hooks = model.hooks(unit)
    return hooks[hooks.index(first) :]


def test_a_dying_unit_lets_go_of_storage_then_relations_then_stops(dying: Model):
    """Rows 13 and 16: peers last, and never broken."""
    assert _tail(dying, 'd/0', 'data-storage-detaching') == [
        'data-storage-detaching',
        'ring-relation-departed d/1',
        'stop',
        'remove',
    ]
    assert _tail(dying, 'a/1', 'server-relation-departed b/0') == [
        'server-relation-departed b/0',
        'server-relation-broken',
        'ring-relation-departed a/0',
        'stop',
        'remove',
    ]


def test_there_is_no_peer_relation_broken(dying: Model):
    """Row 16."""
    assert not [each for each in dying.trace() if each.name == 'ring-relation-broken']


def test_the_departing_unit_is_oneself_or_the_one_that_goes(dying: Model):
    """Row 14."""
    departed = {
        (each.unit, each.env['JUJU_REMOTE_UNIT']): each.env['JUJU_DEPARTING_UNIT']
        for each in dying.trace()
        if each.name.endswith('-departed')
    }

    assert departed == {
        ('d/0', 'd/1'): 'd/0',
        ('d/1', 'd/0'): 'd/0',
        ('a/1', 'b/0'): 'a/1',
        ('a/1', 'a/0'): 'a/1',
        ('a/0', 'a/1'): 'a/1',
        ('b/0', 'a/1'): 'a/1',
    }


def test_a_departed_unit_is_not_listed_and_its_bag_can_be_read(dying: Model):
    """Row 17."""
    (line,) = [each for each in dying.said() if each.startswith('b/0 ')]
    listed, _, address = line.partition('|')

    assert listed.split() == ['b/0', 'a/0']
    assert address.strip()


def test_in_broken_the_relation_is_not_listed_but_can_be_asked_for(dying: Model):
    """Row 18."""
    dying.juju('remove-relation', 'a', 'b')
    dying.wait_hook('b/0', 'client-relation-broken')
    dying.settle()

    assert 'broken [] [] [a]' in dying.said()


def test_the_last_units_removal_removes_its_machine(model: Model):
    """Row 43: and a machine that still has a unit stays."""
    model.deploy('a')
    model.started('a/0')
    model.deploy('b', '--to', '0')
    model.started('b/0')

    model.juju('remove-unit', 'a/0', '--no-prompt')
    model.settle('a/0')
    kept = set(model.status()['machines'])
    model.juju('remove-application', 'b', '--no-prompt')
    model.settle('b')
    model.wait(lambda: not model.status()['machines'])

    assert kept == {'0'}


def test_remove_unit_takes_units_and_no_numbers_here(dying: Model):
    """Row 42: machine models."""
    by_name = dying.ask('remove-unit', 'a', '--no-prompt')
    by_number = dying.ask('remove-unit', 'a', '--num-units', '1', '--no-prompt')

    assert (by_name.code, 'invalid unit name "a"' in by_name.err) == (2, True)
    assert (by_number.code, '--num-units for non k8s models not valid' in by_number.err) == (
        2,
        True,
    )


def test_what_will_be_removed_is_printed_and_progress_goes_to_stderr(model: Model):
    """Row 52."""
    model.deploy('d', '-n', '2', charm='tracer-storage')
    deployed = model.ask('deploy', str(contract_model.CHARMS / 'tracer'), 't')
    model.started('d/0', 'd/1')

    unit = model.ask('remove-unit', 'd/1', '--no-prompt')
    app = model.ask('remove-application', 'd', '--no-prompt', '--destroy-storage')

    assert unit.out.splitlines() == ['will remove unit d/1', '- will detach storage data/1']
    assert app.out.splitlines()[:2] == ['will remove application d', '- will remove unit d/0']
    assert '- will remove storage data/0' in app.out.splitlines()
    assert (unit.err, app.err, deployed.out) == ('', '', '')
    assert deployed.err.startswith('Located local charm "tracer", revision ')


def test_a_unit_with_a_failed_hook_waits_for_resolved_before_it_goes(model: Model):
    """2.6."""
    model.deploy('a', on={'start': 'exit 1'})
    model.errs('a/0')
    model.juju('remove-unit', 'a/0', '--no-prompt')

    model.juju('resolved', '--no-retry', 'a/0')
    model.settle('a/0')

    assert model.hooks('a/0')[-2:] == ['stop', 'remove']


def test_every_unit_of_a_removed_application_names_itself_as_departing(model: Model):
    """2.7."""
    model.deploy('a', '-n', '2')
    model.started('a/0', 'a/1')
    model.wait_hook('a/0', 'ring-relation-changed a/1')
    model.wait_hook('a/1', 'ring-relation-changed a/0')

    model.juju('remove-application', 'a', '--no-prompt')
    model.settle('a')

    for each in model.trace():
        if each.name == 'ring-relation-departed':
            assert each.env['JUJU_DEPARTING_UNIT'] == each.unit
    assert model.status()['applications'] == {}
