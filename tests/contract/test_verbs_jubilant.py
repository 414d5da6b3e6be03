"""Every method of jubilant that makes sense on one machine, through a ``juju`` that is solo.

Secrets, storage, refresh, machines and keys have files of their own. Source: contract 4.2.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jubilant
import little_charm
import pytest
from conftest import Run

SERVER: dict[str, Any] = {'provides': {'db': {'interface': 'echo'}}}
CLIENT: dict[str, Any] = {'requires': {'server': {'interface': 'echo'}}}
HOOKS = {
    'start': 'status-set active "at work"; open-port 8080; application-version-set 1.2',
    'config-changed': 'juju-log "the title is $(config-get title)"',
}
ACTIONS = {
    'greet': 'action-set greeting.text="hello $(action-get who)"; action-log greeted; echo out',
    'give-up': 'action-fail "no luck"',
    'break': 'echo broken >&2; exit 3',
}
TITLE = {'title': {'type': 'string', 'default': 'none'}, 'loud': {'type': 'boolean'}}


@pytest.fixture(scope='module')
def path(solo: Run, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder in front of the PATH, where ``solo alias`` has put a ``juju``."""
    folder = tmp_path_factory.mktemp('bin')
    done = solo('alias', 'juju', '--dir', str(folder))
    assert done.returncode == 0, done.stderr
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv('PATH', f'{folder}{os.pathsep}{os.environ["PATH"]}')
        yield folder


@pytest.fixture(scope='module')
def here(path: Path) -> Iterator[jubilant.Juju]:
    """``temp_model`` knows no ``cli_binary``: it calls what is named ``juju``."""
    assert shutil.which('juju') == str(path / 'juju')
    with jubilant.temp_model() as juju:
        juju.wait_timeout = 300
        yield juju


@pytest.fixture(scope='module')
def both(here: jubilant.Juju, tmp_path_factory: pytest.TempPathFactory) -> jubilant.Juju:
    """A server and a client, related."""
    folder = tmp_path_factory.mktemp('charms')
    server = little_charm.make(
        folder / 'server', name='server', hooks=HOOKS, actions=ACTIONS, options=TITLE, **SERVER
    )
    client = little_charm.make(folder / 'client', name='client', hooks=HOOKS, **CLIENT)
    here.deploy(
        server,
        config={'title': 'first', 'loud': True},
        base='ubuntu@24.04',
        bind='alpha',
        channel='edge',
        constraints={'mem': '1G'},
        num_units=2,
        trust=True,
    )
    here.deploy(client, 'reader')
    here.integrate('server:db', 'reader')
    here.wait(lambda status: jubilant.all_active(status, 'server', 'reader'))
    return here


def test_the_link_is_ours_and_nothing_else_is_replaced(solo: Run, tmp_path: Path):
    (tmp_path / 'juju').write_text('#!/bin/sh\n')

    refused = solo('alias', 'juju', '--dir', str(tmp_path))
    solo('alias', 'jj', '--dir', str(tmp_path))
    version = solo('version').stdout
    linked = (tmp_path / 'jj').resolve()
    solo('alias', 'jj', '--dir', str(tmp_path), '--remove')

    assert refused.returncode == 1 and 'something else is there' in refused.stderr
    assert linked.name == 'solo' and version.startswith('3.6.')
    assert not (tmp_path / 'jj').exists()


def test_status_has_what_jubilant_reads(both: jubilant.Juju):
    status = both.status()

    unit = status.apps['server'].units['server/0']
    assert status.model.name == both.model
    assert status.apps['server'].version == '1.2'
    assert status.apps['server'].charm_name == 'server'
    assert unit.workload_status.current == 'active'
    assert unit.workload_status.message == 'at work'
    assert unit.juju_status.current == 'idle'
    assert unit.open_ports == ['8080/tcp']
    assert status.machines[unit.machine].ip_addresses == [unit.public_address]
    assert [each.related_app for each in status.apps['server'].relations['db']] == ['reader']
    assert sum(each.leader for each in status.apps['server'].units.values()) == 1
    assert set(status.get_units('server')) == {'server/0', 'server/1'}


def test_config_is_read_set_and_reset(both: jubilant.Juju):
    given = dict(both.config('server'))
    both.config('server', {'title': 'second', 'loud': False})
    changed = dict(both.config('server'))
    both.config('server', reset=['title', 'loud'])

    assert given == {'title': 'first', 'loud': True}
    assert changed == {'title': 'second', 'loud': False}
    assert dict(both.config('server')) == {'title': 'none'}
    assert both.config('server', app_config=True)['trust'] is True


def test_actions_run_and_say_how_they_end(both: jubilant.Juju):
    task = both.run('server/leader', 'greet', {'who': 'you'})
    with pytest.raises(jubilant.TaskError) as failed:
        both.run('server/0', 'give-up')
    with pytest.raises(jubilant.TaskError) as broken:
        both.run('server/0', 'break')
    with pytest.raises(ValueError, match='not defined'):
        both.run('server/0', 'nope')
    with pytest.raises(ValueError, match='not found'):
        both.run('server/9', 'greet')

    assert task.results['greeting'] == {'text': 'hello you'}
    assert (task.status, task.return_code, task.stdout) == ('completed', 0, 'out\n')
    assert task.log[0].endswith('greeted')
    assert (failed.value.task.status, failed.value.task.message) == ('failed', 'no luck')
    assert (broken.value.task.return_code, broken.value.task.stderr) == (3, 'broken\n')


def test_an_action_that_takes_too_long_times_out(both: jubilant.Juju):
    with pytest.raises(TimeoutError):
        both.exec('sleep 20', unit='server/1', wait=0.5)


def test_commands_run_on_units_and_machines(both: jubilant.Juju):
    machine = both.status().apps['server'].units['server/0'].machine

    on_unit = both.exec('echo', '$JUJU_UNIT_NAME', 'a  b', unit='server/0')
    in_shell = both.exec('echo $JUJU_UNIT_NAME', unit='server/0')
    on_machine = both.exec('echo "[$JUJU_UNIT_NAME]"', machine=int(machine))

    assert on_unit.stdout == '$JUJU_UNIT_NAME a  b\n'
    assert in_shell.stdout == 'server/0\n'
    assert on_machine.stdout == '[]\n'
    assert both.ssh('server/0', 'echo there') == 'there\n'


def test_a_unit_and_the_model_are_shown(both: jubilant.Juju):
    unit = both.show_unit('server/0')
    model = both.show_model()
    version = both.version()

    (relation,) = [each for each in unit.relation_info if each.endpoint == 'db']
    assert unit.charm.startswith('local:server-')
    assert list(relation.related_units) == ['reader/0']
    assert 'ingress-address' in relation.related_units['reader/0'].data
    assert model.short_name == both.model
    assert (version.major, version.minor) == (3, 6)


def test_the_log_has_the_charms_words(both: jubilant.Juju):
    log = both.debug_log(limit=1000)

    assert 'the title is first' in log
    assert 'unit-server-0' in log


def test_units_and_relations_come_and_go(both: jubilant.Juju):
    both.add_unit('reader', num_units=2)
    both.wait(lambda status: len(status.apps['reader'].units) == 3)
    both.wait(lambda status: jubilant.all_active(status, 'reader'))
    both.remove_unit('reader/1', 'reader/2', force=True)
    both.wait(lambda status: set(status.apps['reader'].units) == {'reader/0'})
    both.remove_relation('server', 'reader:server')
    both.wait(lambda status: not status.apps['reader'].relations)
    both.integrate('reader', 'server')
    both.wait(lambda status: 'server' in status.apps['reader'].relations)
    with pytest.raises(jubilant.CLIError, match='returned non-zero exit status 1'):
        both.integrate('reader', 'server')


def test_an_application_goes_with_everything(both: jubilant.Juju, tmp_path: Path):
    both.deploy(little_charm.make(tmp_path / 'charm'), 'short', to='0')
    both.wait(lambda status: jubilant.all_agents_idle(status, 'short'))

    both.remove_application('short', destroy_storage=True, force=True)
    both.wait(lambda status: 'short' not in status.apps)
    with pytest.raises(jubilant.CLIError):
        both.remove_application('short')


def test_models_are_made_configured_and_destroyed(here: jubilant.Juju):
    other = jubilant.Juju(wait_timeout=300)
    other.add_model(
        f'{here.model}-other', 'localhost', config={'update-status-hook-interval': '1h'}
    )

    interval = other.model_config()['update-status-hook-interval']
    other.destroy_model(f'{here.model}-other', destroy_storage=True, no_wait=True, force=True)

    assert interval == '1h'
    with pytest.raises(jubilant.CLIError):
        jubilant.Juju(model=f'{here.model}-other').status()
    assert here.show_model().short_name == here.model


def test_bootstrapping_what_is_there_is_fine(here: jubilant.Juju):
    here.bootstrap('localhost', 'solo')

    assert here.status().model.controller == 'solo'
