"""The hooks of relations and their order. Source: contract 2.4, 2.5."""

from __future__ import annotations

import contract_model
import pytest
from contract_model import Model

_WAIT = 'for i in $(seq 600); do [ -e {gate} ] && break; sleep 0.1; done'


@pytest.fixture
def apps(model: Model) -> Model:
    """``a/0``, ``a/1`` and ``b/0``, not related yet."""
    model.deploy('a', '-n', '2')
    model.deploy('b')
    model.started('a/0', 'a/1', 'b/0')
    return model


def _of(model: Model, unit: str, endpoint: str) -> list[str]:
    return [hook for hook in model.hooks(unit) if hook.startswith(endpoint + '-')]


def test_changed_follows_joined_of_the_same_unit(apps: Model):
    """Row 8: within the relation nothing comes between the two."""
    apps.juju('integrate', 'a:server', 'b:client')
    apps.wait_hook('b/0', 'client-relation-changed a/1')
    apps.wait_hook('b/0', 'client-relation-changed a/0')
    apps.settle()

    first, second = (
        hook.rpartition(' ')[2] for hook in _of(apps, 'b/0', 'client') if 'joined' in hook
    )
    assert {first, second} == {'a/0', 'a/1'}
    assert _of(apps, 'b/0', 'client') == [
        'client-relation-created',
        f'client-relation-joined {first}',
        f'client-relation-changed {first}',
        f'client-relation-joined {second}',
        f'client-relation-changed {second}',
    ]


def test_the_remote_applications_bag_is_told_before_the_first_joined(apps: Model):
    """Row 9: only if it was ever written; no remote unit in that hook."""
    gate = apps.folder / 'gate'
    apps.on(
        'a', server_relation_created='is-leader | grep -q True && relation-set --app x=1; true'
    )
    apps.on('b', client_relation_created=_WAIT.format(gate=gate))
    for unit in ('a/0', 'a/1', 'b/0'):
        apps.wait_hook(unit, 'config-changed', 2)
    apps.settle()

    apps.juju('integrate', 'a:server', 'b:client')
    for unit in ('a/0', 'a/1'):
        apps.wait_hook(unit, 'server-relation-created')
    apps.wait_hook('b/0', 'client-relation-created')
    apps.wait(lambda: apps.units()['a/1']['juju-status']['current'] == 'idle')
    apps.exec('a/0', f'touch {gate}')
    apps.wait_hook('b/0', 'client-relation-changed a/1')

    assert _of(apps, 'b/0', 'client')[:3] == [
        'client-relation-created',
        'client-relation-changed',
        'client-relation-joined a/0',
    ]
    # What was never written is never told: b has no bag.
    assert 'server-relation-changed' not in _of(apps, 'a/1', 'server')


def test_writing_the_same_again_changes_nothing(apps: Model):
    """Row 10: several writes that we did not look at yet are one change."""
    apps.juju('integrate', 'a:server', 'b:client')
    apps.wait_hook('b/0', 'client-relation-changed a/0')
    apps.settle()
    relation = apps.tool('a/0', 'relation-ids server').strip()
    apps.tool('a/0', f'relation-set -r {relation} x=1')
    apps.wait_hook('b/0', 'client-relation-changed a/0', 2)
    apps.settle()

    apps.tool('a/0', f'relation-set -r {relation} x=1')
    apps.tool('a/0', f'relation-set -r {relation} x=2; relation-set -r {relation} x=1')
    apps.settle()
    apps.tool('a/0', f'relation-set -r {relation} x=3')
    apps.wait_hook('b/0', 'client-relation-changed a/0', 3)
    apps.settle()

    assert _of(apps, 'b/0', 'client').count('client-relation-changed a/0') == 3


def test_the_leader_hears_of_its_own_write_to_the_peers_bag_and_nobody_of_others(apps: Model):
    """Row 11."""
    leader = next(name for name, unit in apps.units().items() if unit.get('leader'))
    other = 'a/1' if leader == 'a/0' else 'a/0'
    apps.wait_hook('a/0', 'ring-relation-changed a/1')
    apps.wait_hook('a/1', 'ring-relation-changed a/0')
    apps.settle()
    before = len(_of(apps, leader, 'ring'))

    apps.tool(leader, 'relation-set -r $(relation-ids ring) mine=1')
    apps.wait_hook(other, f'ring-relation-changed {leader}', 2)
    apps.tool(leader, 'relation-set --app -r $(relation-ids ring) ours=1')
    for unit in (leader, other):
        apps.wait_hook(unit, 'ring-relation-changed')
    apps.settle()

    assert _of(apps, leader, 'ring')[before:] == ['ring-relation-changed']


def test_created_runs_also_when_the_other_side_has_no_units(model: Model):
    """Row 12: a subordinate without a principal has none."""
    model.deploy('a')
    model.deploy('s', charm='tracer-sub')
    model.juju('deploy', _http_client(model), 'h')
    model.wait(
        lambda: model.units().get('h/0', {}).get('juju-status', {}).get('current') == 'idle'
    )

    model.juju('integrate', 'h', 's:out')

    model.wait(lambda: 'created' in model.units()['h/0']['workload-status'].get('message', ''))


def _http_client(model: Model) -> str:
    return contract_model.charm(
        model.folder / 'h',
        'requires:\n  web: {interface: http}\n',
        hooks__web_relation_created='status-set active "created $JUJU_REMOTE_APP"',
    )


def test_removing_a_relation_departs_each_remote_unit_and_breaks_it(apps: Model):
    """Row 15: each side sees the other's unit as the departing one; then one broken."""
    apps.juju('integrate', 'a:server', 'b:client')
    for unit in ('a/0', 'a/1'):
        apps.wait_hook(unit, 'server-relation-changed b/0')
        apps.wait_hook('b/0', f'client-relation-changed {unit}')
    apps.settle()

    apps.juju('remove-relation', 'a', 'b')
    for unit, hook in (('a/0', 'server'), ('a/1', 'server'), ('b/0', 'client')):
        apps.wait_hook(unit, f'{hook}-relation-broken')
    apps.settle()

    assert _of(apps, 'b/0', 'client')[-3:] == [
        'client-relation-departed a/0',
        'client-relation-departed a/1',
        'client-relation-broken',
    ]
    departed = [each for each in apps.trace() if each.name.endswith('-departed')]
    assert [each.env['JUJU_DEPARTING_UNIT'] for each in departed] == [
        each.env['JUJU_REMOTE_UNIT'] for each in departed
    ]
    assert len(departed) == 4
    broken = [each for each in apps.trace('b/0') if each.name == 'client-relation-broken']
    assert broken[0].env['JUJU_REMOTE_APP'] == 'a'
    assert broken[0].env['JUJU_REMOTE_UNIT'] == ''


def test_members_are_told_in_the_order_of_their_names_as_text(model: Model):
    """Contract 2.4: ``a/10`` before ``a/2``; eleven units share a machine."""
    model.deploy('b')
    model.deploy('c')
    model.started('b/0', 'c/0')
    gate = model.folder / 'gate'
    model.on('b', client_relation_created=_WAIT.format(gate=gate))
    model.wait_hook('b/0', 'config-changed', 2)
    model.deploy('a', '-n', '11', '--to', ','.join(['1'] * 11))
    model.juju('integrate', 'a:server', 'b:client')
    for number in range(11):
        model.wait_hook(f'a/{number}', 'server-relation-created')
    model.tool('c/0', f'touch {gate}')
    model.wait_hook('b/0', 'client-relation-changed a/9')

    joined = [hook for hook in _of(model, 'b/0', 'client') if 'joined' in hook]
    assert joined == sorted(joined)
    assert len(joined) == 11
