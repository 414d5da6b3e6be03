"""Real actions, juju-exec, crashes and ends, against a controller in memory."""

from __future__ import annotations

import dataclasses
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from hook_api import INSTALLED, HookApi, relation
from hook_world import Provider, World, unpacked

from solo import errors, model, processes
from solo.agent import machine, places, unpack


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = World(tmp_path)
    yield world
    world.stop()


@pytest.fixture
def installed(world: World) -> World:
    world.script('hooks/config-changed', 'true')
    world.api.local = dataclasses.replace(INSTALLED, config_hash='c1')
    return world


def test_an_action_returns_results_and_keeps_its_writes(installed: World):
    world = installed
    world.script(
        'actions/do-it',
        'action-set a.b=$(action-get size) ok=1; action-log half; echo out; echo err >&2;'
        ' state-set k=v; echo "$JUJU_DISPATCH_PATH|$JUJU_HOOK_NAME|$JUJU_ACTION_UUID"',
    )
    world.api.tasks = {2: model.Task(9, 8, 'app/0', 'do-it', {'size': 5}, 'pending')}
    unpacked(world)

    world.start()
    world.change(actions=(2,))
    world.wait(lambda: 2 in world.api.finished)

    assert world.api.finished[2] == (
        'completed',
        '',
        {
            'a': {'b': '5'},
            'ok': '1',
            'return-code': 0,
            'stdout': 'out\nactions/do-it||9\n',
            'stderr': 'err\n',
        },
    )
    assert world.api.task_lines == ['half']
    assert world.api.committed[-1].state == {'k': 'v'}


@pytest.mark.parametrize('fault', [errors.Error('the disk is full'), RuntimeError('a fault')])
def test_a_hook_that_could_not_be_written_down_runs_again(
    installed: World, monkeypatch: pytest.MonkeyPatch, fault: Exception
):
    world, commit = installed, installed.api.commit
    monkeypatch.setattr(machine, '_AFTER_A_FAULT', 0.1)

    def fail(*_arguments: Any, **_more: Any) -> None:
        world.api.commit = commit
        world.api.world = dataclasses.replace(world.api.world, config_hash='c1')  # as before
        raise fault

    world.api.commit = fail
    unpacked(world)
    world.start()
    world.change(config_hash='c2')
    world.wait(lambda: len(world.api.begun) == 2 and world.api.agent[0] == 'idle')

    assert world.api.recorded is None


@pytest.mark.parametrize(
    ('script', 'status', 'message', 'code'),
    [
        (
            'action-fail',
            'failed',
            'action failed without reason given, check action for errors',
            0,
        ),
        ('action-fail "no luck"', 'failed', 'no luck', 0),
        ('action-fail why; exit 3', 'failed', 'exit status 3', 3),
        ('action-set stdout=x || true', 'completed', '', 0),
    ],
)
def test_how_actions_end(installed: World, script: str, status: str, message: str, code: int):
    """Contract 3.20."""
    world = installed
    world.script('actions/do-it', script)
    world.api.tasks = {2: model.Task(2, 1, 'app/0', 'do-it', {}, 'pending')}
    unpacked(world)

    world.start()
    world.change(actions=(2,))
    world.wait(lambda: 2 in world.api.finished)

    assert world.api.finished[2][:2] == (status, message)
    assert world.api.finished[2][2]['return-code'] == code


def test_an_action_without_a_script_fails(installed: World):
    world = installed
    world.api.tasks = {2: model.Task(2, 1, 'app/0', 'nope', {}, 'pending')}
    unpacked(world)

    world.start()
    world.change(actions=(2,))
    world.wait(lambda: 2 in world.api.finished)

    assert world.api.finished[2] == ('failed', 'action not implemented on unit "app/0"', {})


def test_juju_exec_runs_outside_hooks_and_flushes_whatever_its_code(installed: World):
    """Contract 1.7 and section 8 number 49."""
    world = installed
    world.api.world = dataclasses.replace(world.api.world, relations={3: relation()})
    world.api.local = dataclasses.replace(
        world.api.local, relations={3: model.RelationState({'pg/0': 1}, {}, None)}
    )
    unpacked(world)
    world.start()
    world.wait_idle()

    result = world.exec('app/0', 'state-set a=1; echo "$PWD|$JUJU_HOOK_NAME"; exit 7')
    quoted = world.exec('echo', 'a  b', '$HOME')
    related = world.exec('-r', 'db:3', '-u', 'app/0', 'echo $JUJU_RELATION_ID $JUJU_REMOTE_UNIT')
    unknown = world.exec('other/0', 'true')
    inside = world.exec('app/0', 'true', JUJU_CONTEXT_ID='app/0-x')

    assert (result.returncode, result.stdout) == (7, f'{world.place.charm}|\n')
    assert world.api.committed[0].state == {'a': '1'}
    assert quoted.stdout == 'a  b $HOME\n'
    assert related.stdout == 'db:3 pg/0\n'
    assert (unknown.returncode, unknown.stderr) == (
        1,
        'ERROR unit "other/0" not found on this machine\n',
    )
    assert (inside.returncode, inside.stderr) == (
        2,
        'ERROR juju-exec cannot be called from within a hook, have context "app/0-x"\n',
    )


def test_juju_exec_waits_for_a_controller_that_restarts(installed: World):
    world = installed
    unpacked(world)
    world.start()
    world.wait_idle()
    assert world.thread is not None
    world.thread.stop()
    world.thread.join()
    results: list[subprocess.CompletedProcess[str]] = []
    caller = threading.Thread(target=lambda: results.append(world.exec('app/0', 'echo back')))

    caller.start()
    world.start()
    caller.join(60)

    assert results[0].stdout == 'back\n'


def test_what_ran_when_the_controller_died_is_ended_and_run_again(installed: World):
    """Contract 2.8: an agent's restart counts a running hook as pending."""
    world = installed
    unpacked(world)
    left = subprocess.Popen(['/bin/sleep', '300'], start_new_session=True)
    hook = model.Hook('config-changed')
    world.api.recorded = model.Running(
        'hook', hook, None, left.pid, processes.start_time(left.pid)
    )

    world.start()
    world.wait_idle()

    assert left.wait(60) == -signal.SIGKILL
    assert (
        'INFO',
        'juju.worker.uniter.operation',
        'ran "config-changed" hook (via explicit, bespoke hook script)',
    ) in (world.api.lines)


def test_a_hook_command_outside_its_hook_cannot_connect(installed: World):
    world = installed
    unpacked(world)
    world.start()
    world.wait_idle()

    result = subprocess.run(
        [world.place.tools / 'config-get'],
        env={
            'JUJU_CONTEXT_ID': 'x',
            'JUJU_AGENT_SOCKET_ADDRESS': str(world.place.hook_socket),
            'JUJU_AGENT_SOCKET_NETWORK': 'unix',
        },
        capture_output=True,
        text=True,
        check=False,
    )
    bare = subprocess.run(
        [world.place.tools / 'config-get'], env={}, capture_output=True, text=True, check=False
    )

    assert result.returncode == 1
    assert result.stderr == (
        f'ERROR dial unix {world.place.hook_socket}: No such file or directory\n'
    )
    assert (bare.returncode, bare.stderr) == (1, 'ERROR JUJU_CONTEXT_ID not set\n')


def test_a_dying_unit_ends_and_takes_its_files_along(installed: World):
    world = installed
    world.script('hooks/stop', 'true')
    unpacked(world)

    world.start()
    world.change(life=model.Life.DYING)
    world.wait(lambda: world.api.removed)

    assert world.api.statuses == [
        ('maintenance', 'stopping charm software', False),
        ('maintenance', '', False),
        ('maintenance', 'cleaning up prior to charm deletion', False),
        ('terminated', '', False),
    ]
    assert not world.place.agent.exists()


def test_a_unit_in_error_shows_it_again_after_an_action(installed: World):
    """Row 38: actions run on a unit in error, which stays in error."""
    world = installed
    world.script('hooks/config-changed', 'exit 1')
    world.script('actions/do-it', 'true')
    world.api.tasks = {2: model.Task(9, 8, 'app/0', 'do-it', {}, 'pending')}
    world.api.local = dataclasses.replace(world.api.local, config_hash='old')
    unpacked(world)
    world.start()
    world.wait(lambda: world.api.agent[0] == 'error')

    world.change(actions=(2,))
    world.wait(lambda: 2 in world.api.finished and world.api.agent[0] == 'error')

    assert world.api.finished[2][0] == 'completed'
    assert world.api.agent[1] == 'hook failed: "config-changed"'


def test_files_that_a_charm_made_survive_an_upgrade(world: World):
    """Row 46."""
    world.script('hooks/install', 'echo mine > made; mkdir lib; echo mine > lib/made')
    world.script('hooks/upgrade-charm', 'ls > after')
    world.script('lib.txt', 'old')
    (world.api.prepared / 'venv').symlink_to('../env')
    world.start()
    world.wait_idle()
    (world.api.prepared / 'lib.txt').unlink()
    world.script('new.txt', 'new')

    world.change(charm=2, charm_modified=2)
    world.wait(lambda: world.api.local.charm == 2 and world.api.agent[0] == 'idle')

    found = {path.name for path in world.place.charm.iterdir()}
    assert {'made', 'lib', 'new.txt', 'hooks', 'metadata.yaml', 'revision', 'after'} <= found
    assert 'lib.txt' not in found
    assert (world.place.charm / 'lib' / 'made').exists()
    assert (world.place.charm / 'revision').read_text() == '1\n'
    assert (world.place.charm / 'venv').readlink() == world.folder / 'env'


def test_what_cannot_be_unpacked_is_an_error_that_says_why(world: World):
    def refuse(charm: int) -> Path:
        raise errors.Error(f'cannot build the environment of charm {charm}: pip exited 1')

    world.api.charm_folder = refuse

    world.start()
    world.wait(lambda: world.api.agent[0] == 'error')

    assert world.api.agent[1] == 'cannot build the environment of charm 1: pip exited 1'
    assert world.api.local.retry_at is not None


class Several:
    """The controllers of several units: each call goes to the one of its unit."""

    def __init__(self, apis: Mapping[int, HookApi]) -> None:
        self._apis = apis

    def asked(self, units: frozenset[int]) -> frozenset[int]:
        return frozenset(unit for unit in units if self._apis[unit].asked(frozenset([unit])))

    def __getattr__(self, name: str) -> Callable[..., object]:
        def call(unit: int, *args: object, **named: object) -> object:
            return getattr(self._apis[unit], name)(unit, *args, **named)

        return call


@pytest.mark.parametrize('machines', [1, 2])
def test_operations_never_overlap_on_one_machine_and_do_on_two(world: World, machines: int):
    """Row 53: each hook waits a moment for the other one's mark."""
    apis: dict[int, HookApi] = {}
    world.script(
        'hooks/config-changed',
        'me=${JUJU_UNIT_NAME#*/}; marks=../../..; touch $marks/mark$me\n'
        'for i in $(seq 20); do [ -e $marks/mark$((1 - me)) ] && break; sleep 0.1; done\n'
        'ls $marks | grep -c mark > seen; sleep 0.2; rm $marks/mark$me',
    )
    for number in (0, 1):
        api = HookApi()
        api.facts = dataclasses.replace(
            world.api.facts, id=number + 1, name=f'app/{number}', machine_key='m/0'
        )
        api.local = dataclasses.replace(INSTALLED, config_hash='old')
        api.on_change = world.api.on_change
        apis[number + 1] = api
        unpack.unpack(world.api.prepared, places.of(world.folder, api.facts), 0)
    several: Any = Several(apis)
    threads = [
        machine.Machine(several, Provider().spawn, world.folder, world.doors)
        for _ in range(machines)
    ]
    for number, api in enumerate(apis.values()):
        threads[number % machines].place(frozenset([api.facts.id]))
    for thread in threads:
        thread.start()

    world.wait(lambda: all(api.agent[0] == 'idle' for api in apis.values()))

    for thread in threads:
        thread.stop()
        thread.join()
    seen = [
        (places.of(world.folder, api.facts).charm / 'seen').read_text() for api in apis.values()
    ]
    assert ('2\n' in seen) is (machines == 2)
