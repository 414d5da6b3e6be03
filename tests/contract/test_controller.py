"""The controller as a process: one per data directory, crash only, replaced between hooks."""

from __future__ import annotations

import json
import os
import resource
import socket
from pathlib import Path

import processes
import waiting
from own import Own


def controllers(own: Own) -> list[int]:
    found = processes.of(own.data)
    return [pid for pid, line in found.items() if 'solo.controller' in line]


def on_hook(script: str) -> str:
    return 'on-hook=' + json.dumps({'config-changed': script})


def test_many_that_start_at_the_same_instant_end_with_one_controller(own: Own):
    commands = [own.start('status') for _ in range(6)]

    errors = [command.communicate(timeout=120)[1] for command in commands]

    assert [command.returncode for command in commands] == [0] * 6, errors
    waiting.wait_for(lambda: controllers(own) == [own.pid])


def test_newer_code_replaces_the_controller_between_hooks_and_daemons_live_on(
    own: Own, charms: Path
):
    own.do('deploy', charms / 'tracer', 'a')
    own.wait_idle('a/0')
    gate = own.data / 'gate'
    own.do(
        'config',
        'a',
        on_hook(
            'setsid sleep 1000 >/dev/null 2>&1 & echo $! >daemon;'
            f' while [ ! -e {gate} ]; do sleep 0.1; done; state-set kept=yes'
        ),
    )
    before, hook = own.pid, own.running_hook('a/0')['pid']
    os.utime(own.data / 'controller.sock', (0, 0))  # as if the code were newer

    command = own.start('status')
    log = own.data / 'controller.log'
    waiting.wait_for(lambda: 'waits for running hooks' in log.read_text())
    assert processes.is_running(hook)
    gate.touch()
    command.communicate(timeout=120)

    own.wait_idle('a/0')
    assert command.returncode == 0
    assert own.pid != before
    assert own.hooks('a/0').count('config-changed') == 2  # not run again
    (daemon,) = own.data.glob('machines/*/*/agents/unit-a-0/charm/daemon')
    assert processes.is_running(int(daemon.read_text()))


def test_after_a_kill_of_everything_at_once_the_next_command_carries_on(own: Own, charms: Path):
    """Contract 2.8: what ran counts as pending, and is run again; what was committed stays."""
    own.do('deploy', charms / 'tracer', 'a', '-n', '3')
    own.wait_idle('a/0', 'a/1', 'a/2')
    gate = own.data / 'gate'
    own.do('config', 'a', on_hook(f'while [ ! -e {gate} ]; do sleep 0.1; done'))
    for unit in ('a/0', 'a/1', 'a/2'):
        own.wait_executing(unit)

    processes.kill_all_of(own.data)
    waiting.wait_for(lambda: not controllers(own))
    gate.touch()

    assert own.do('config', 'a', 'on-hook').startswith('{"config-changed"')
    own.wait_idle('a/0', 'a/1', 'a/2')
    for unit in ('a/0', 'a/1', 'a/2'):
        assert own.hooks(unit)[-2:] == ['config-changed', 'config-changed']


def test_more_clients_than_files_cost_only_themselves(own: Own):
    own.do('status')
    crowd = [socket.socket(socket.AF_UNIX) for _ in range(60)]
    resource.prlimit(own.pid, resource.RLIMIT_NOFILE, (40, 40))

    for client in crowd:
        client.connect(str(own.data / 'controller.sock'))
    waiting.wait_for(lambda: len(list(Path(f'/proc/{own.pid}/fd').iterdir())) == 40)
    for client in crowd:
        client.close()

    before = own.pid
    own.do('status')
    assert own.pid == before


def test_destroy_controller_leaves_nothing(own: Own, charms: Path):
    own.do('deploy', charms / 'tracer', 'a')
    own.wait_idle('a/0')

    own.do('destroy-controller', '--no-prompt', '--destroy-all-models')

    assert not own.data.exists()
    assert processes.of(own.data) == {}
    for leases in (
        Path('/var/lib/solo-addresses'),
        Path(f'/var/tmp/solo-addresses-{os.geteuid()}'),
    ):
        table = leases / 'leases.json'
        assert not table.exists() or str(own.data) not in table.read_text()


def test_the_controller_is_told_apart_started_and_stopped_by_name(own: Own):
    stopped = own('controller', 'status')
    own.do('status')
    running = own('controller', 'status')
    own.do('controller', 'stop')

    assert (stopped.returncode, stopped.stdout) == (
        1,
        f'The controller of {own.data} does not run; any command starts it.\n',
    )
    assert running.returncode == 0
    assert running.stdout.startswith(f'The controller of {own.data} runs: process ')
    waiting.wait_for(lambda: not controllers(own))
