"""Machines, upgrades, storage and restarts. Source: contract 2.2, 2.8, 6.5, 7."""

from __future__ import annotations

import shutil

import contract_model
from contract_model import Model


def test_operations_overlap_on_different_machines_and_never_on_one(model: Model):
    """Row 53: each hook notes when it began and ended."""
    say = 'echo "$JUJU_MACHINE_ID {} $JUJU_UNIT_NAME" >>$SAID'
    nap = f'{say.format("+")}; sleep 1; {say.format("-")}'
    model.deploy('a', '-n', '2', on={'start': nap})
    model.wait(lambda: len(model.status()['machines']) == 2)
    model.deploy('b', '-n', '2', '--to', '0,1', on={'start': nap, 'install': nap})
    model.started('a/0', 'a/1', 'b/0', 'b/1')
    lines = [line.split() for line in model.said()]

    for machine in ('0', '1'):
        marks = [(mark, unit) for where, mark, unit in lines if where == machine]
        for begin, end in zip(marks[::2], marks[1::2], strict=True):
            assert (begin[0], end[0], begin[1]) == ('+', '-', end[1])
    depth = highest = 0
    for _, mark, _ in lines:
        depth += 1 if mark == '+' else -1
        highest = max(highest, depth)
    assert highest == 2


def test_an_upgrade_runs_its_two_hooks_and_keeps_what_the_charm_made(model: Model):
    """Row 46."""
    old = model.folder / 'upgraded'
    shutil.copytree(contract_model.CHARMS / 'tracer', old, symlinks=True)
    (old / 'gone.txt').write_text('old')
    model.deploy('a', charm=str(old))
    model.started('a/0')
    model.tool('a/0', 'echo mine > made-by-charm; state-set kept=1')
    before = len(model.hooks('a/0'))
    (old / 'gone.txt').unlink()
    (old / 'new.txt').write_text('new')

    model.juju('refresh', 'a', '--path', str(old))
    model.wait_hook('a/0', 'config-changed', 2)
    model.settle()

    assert model.hooks('a/0')[before:] == ['upgrade-charm', 'config-changed']
    listed = model.tool('a/0', 'ls').split()
    assert {'made-by-charm', 'new.txt', 'trace'} <= set(listed)
    assert 'gone.txt' not in listed
    assert model.tool('a/0', 'state-get kept').strip() == '1'
    assert model.status()['applications']['a']['charm-rev'] == 1


def test_storage_that_may_be_many_lies_below_its_location(model: Model):
    """Row 51: one at most lies at its location."""
    model.deploy('d', '--storage', 'logs=2', '--storage', 'srv=1', charm='tracer-storage')
    model.started('d/0')
    where = {
        name: model.tool('d/0', f'storage-get -s {name} location').strip()
        for name in model.tool('d/0', 'storage-list').split()
    }
    before = len(where)
    model.tool('d/0', 'storage-add logs=1')
    model.wait(lambda: model.hooks('d/0').count('logs-storage-attached') == 3)
    model.settle()

    for name, location in where.items():
        kind, _, number = name.partition('/')
        if kind == 'logs':
            assert location.endswith(f'/srv/tracer-logs/logs/{number}')
        elif kind == 'srv':
            assert location.endswith('/srv/tracer')
        else:
            assert location.endswith((f'/storage/data/{number}', f'/data-{number}'))
    assert before == 4
    assert len(model.tool('d/0', 'storage-list logs').split()) == 3
    attached = next(each for each in model.trace('d/0') if each.name == 'srv-storage-attached')
    assert attached.env['JUJU_STORAGE_KIND'] == 'filesystem'
    assert attached.env['JUJU_STORAGE_LOCATION'].endswith('/srv/tracer')
    assert attached.env['JUJU_STORAGE_ID'].startswith('srv/')


def test_units_on_one_machine_share_its_address(model: Model):
    """Contract 6.5: hulk-smashed; and what can't be placed is refused."""
    model.deploy('a')
    model.started('a/0')
    model.deploy('b', '-n', '2', '--to', '0')
    model.started('b/0', 'b/1')
    units = model.units()

    assert (units['b/0']['machine'], units['b/1']['machine']) == ('0', '1')
    assert units['a/0']['public-address'] == units['b/0']['public-address']
    refused = model.ask('add-unit', 'a', '--to', '7')
    assert (refused.code, 'machine 7 not found' in refused.err) == (1, True)
    for place in ('lxd', 'lxd:0', '0/lxd/1'):
        refused = model.ask('add-unit', 'a', '--to', place)
        assert (refused.code, 'a container' in refused.err) == (1, True)


def test_the_agents_restart_runs_nothing_but_what_was_running(model: Model):
    """Row 47 and contract 2.8: the hook that ran when the agent died runs again."""
    gate = model.folder / 'gate'
    model.deploy('a')
    model.deploy('b')
    model.started('a/0', 'b/0')
    wait = f'for i in $(seq 600); do [ -e {gate} ] && break; sleep 0.1; done'
    model.on('b', config_changed=wait)
    model.wait_hook('b/0', 'config-changed', 2)
    quiet, busy = len(model.hooks('a/0')), len(model.hooks('b/0'))

    model.kill_agents()
    gate.touch()
    model.wait_hook('b/0', 'config-changed', 3)
    model.settle()
    model.juju('config', 'a', 'number=8')
    model.wait_hook('a/0', 'config-changed', 2)
    model.settle()

    assert model.hooks('a/0')[quiet:] == ['config-changed']
    assert model.hooks('b/0')[busy:] == ['config-changed']


def test_leadership_moves_when_the_leader_has_gone(model: Model):
    """Contract 6.3: once, to one; also an error doesn't move it."""
    model.deploy('a', '-n', '3')
    model.started('a/0', 'a/1', 'a/2')
    first = _leader(model)
    others = {'a/0', 'a/1', 'a/2'} - {first}
    before = {unit: model.hooks(unit).count('leader-elected') for unit in others}

    model.juju('remove-unit', first, '--no-prompt')
    model.settle(first)
    model.wait(lambda: _leader(model))
    second = _leader(model)
    model.wait_hook(second, 'leader-elected')
    model.settle()

    assert before == dict.fromkeys(others, 0)
    assert second in others
    assert model.tool(second, 'is-leader') == 'True\n'
    assert [model.hooks(unit).count('leader-elected') for unit in sorted(others)].count(1) == 1


def _leader(model: Model) -> str:
    return next((name for name, unit in model.units().items() if unit.get('leader')), '')


def test_update_status_waits_for_its_timer(model: Model):
    """Contract 2.8: and it doesn't show as executing."""
    model.juju('model-config', 'update-status-hook-interval=2s')
    model.deploy('a')
    model.started('a/0')

    model.wait_hook('a/0', 'update-status', 2)

    times = [each.time for each in model.trace('a/0') if each.name == 'update-status']
    assert times[1] - times[0] >= 1.5
