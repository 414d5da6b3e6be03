"""Real hook processes with the real hook commands, against a controller in memory."""

from __future__ import annotations

import dataclasses
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from hook_api import INSTALLED, relation
from hook_world import World, unpacked

from solo import errors, model

EXPECTED = """
APT_LISTCHANGES_FRONTEND=none CHARM_DIR CLOUD_API_VERSION= DEBIAN_FRONTEND=noninteractive
JUJU_AGENT_SOCKET_ADDRESS JUJU_AGENT_SOCKET_NETWORK=unix JUJU_API_ADDRESSES JUJU_AVAILABILITY_ZONE=
JUJU_CHARM_DIR JUJU_CHARM_FTP_PROXY= JUJU_CHARM_HTTPS_PROXY= JUJU_CHARM_HTTP_PROXY=
JUJU_CHARM_NO_PROXY= JUJU_CONTEXT_ID JUJU_DISPATCH_PATH=hooks/install JUJU_HOOK_NAME=install
JUJU_MACHINE_ID=0 JUJU_MODEL_NAME=default JUJU_MODEL_UUID JUJU_PRINCIPAL_UNIT= JUJU_SLA=unsupported
JUJU_UNIT_NAME=app/0 JUJU_VERSION=3.6.9 LANG=C.UTF-8 PATH TERM=tmux-256color"""


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


def test_a_new_unit_runs_its_first_hooks_in_order(world: World):
    world.script('dispatch', 'echo $JUJU_DISPATCH_PATH >> ran; status-set active "I run"')

    world.start()
    world.wait_idle()

    ran = (world.place.charm / 'ran').read_text().split()
    assert ran == ['hooks/install', 'hooks/leader-elected', 'hooks/config-changed', 'hooks/start']
    assert world.api.workload['message'] == 'I run'
    assert (world.place.charm / 'revision').read_text() == '0\n'


def test_the_environment_is_exactly_jujus(world: World):
    """Contract 1.3 and section 8 number 26: not inherited, no HOME."""
    world.script(
        'hooks/install',
        'tr "\\0" "\\n" < /proc/$$/environ > env; pwd > cwd; readlink /proc/$$/fd/0',
    )

    world.start()
    world.wait_idle()

    lines = (world.place.charm / 'env').read_text().splitlines()
    found = dict(line.split('=', 1) for line in lines)
    assert sorted(found) == sorted(entry.partition('=')[0] for entry in EXPECTED.split())
    for entry in EXPECTED.split():
        name, equals, value = entry.partition('=')
        assert not equals or found[name] == value
    assert found['CHARM_DIR'] == str(world.place.charm)
    assert found['PATH'].startswith(f'{world.place.tools}:/usr/local/sbin:')
    assert found['JUJU_CONTEXT_ID'].startswith('app/0-install-')
    assert len(found['JUJU_CONTEXT_ID']) == len('app/0-install-') + 32
    assert (world.place.charm / 'cwd').read_text().strip() == str(world.place.charm)
    assert ('DEBUG', 'unit.app/0.install', '/dev/null') in world.api.lines


def test_a_missing_hook_succeeds_and_a_non_executable_one_fails(world: World):
    """Section 8 number 39."""
    world.script('hooks/start', 'true', mode=0o644)

    world.start()
    world.wait(lambda: world.api.agent[0] == 'error')

    assert world.api.agent[1] == 'hook failed: "start"'
    assert ('INFO', 'juju.worker.uniter.operation', 'skipped "install" hook (missing)') in (
        world.api.lines
    )


def test_a_script_without_its_first_line_is_no_program(world: World):
    """Contract 1.2: Go's ``exec`` runs it as little as the kernel; a shell would."""
    world.script('hooks/start', 'true')
    (world.api.prepared / 'hooks' / 'start').write_text('touch ran\n')

    world.start()
    world.wait(lambda: world.api.agent[0] == 'error')

    assert world.api.agent[1] == 'hook failed: "start"'
    assert any('exec format error' in line for _, _, line in world.api.lines)


def test_hook_commands_read_write_and_report(installed: World):
    world = installed
    world.api.options = {'port': 80, 'name': 'a <b>', 'none': None}
    world.api.world = dataclasses.replace(world.api.world, relations={3: relation()})
    world.api.local = dataclasses.replace(
        world.api.local, relations={3: model.RelationState({'pg/0': 0}, {}, None)}
    )
    world.api.bags = {(3, 'pg/0'): {'host': 'h'}, (3, 'app/0'): {}}
    world.script(
        'hooks/db-relation-changed',
        """
        set -e
        config-get --format=json
        config-get name
        relation-get host
        relation-set a=1 b=two
        echo '{"c": "three", "a": ""}' | relation-set --file - b=2
        relation-get --format json - app/0
        set +e
        relation-get -r 9; echo "code $?"
        relation-get --nope; echo "code $?"
        relation-set --help | grep -c -- --file
        is-leader
        juju-log -l warning -- --hello  you
        open-port 80
        JUJU_CONTEXT_ID=x config-get; echo "code $?"
        """,
    )
    unpacked(world)

    world.start()
    world.wait_idle()

    said = [line for level, _, line in world.api.lines if level == 'DEBUG']
    assert said == [
        '{"name":"a \\u003cb\\u003e","port":80}',
        'a <b>',
        'h',
        '{"b":"2","c":"three"}',
        'code 2',
        'code 2',
        '1',
        'True',
        'code 1',
    ]
    warned = [line for level, _, line in world.api.lines if level == 'WARNING']
    assert warned == [
        'ERROR invalid value "9" for option -r: relation not found',
        'ERROR option provided but not defined: --nope',
        'db:3: --hello you',
        'ERROR bad request: wrong context ID; got "x"',
    ]
    writes = world.api.committed[-1]
    assert writes.unit_bags == {3: {'a': None, 'b': '2', 'c': 'three'}}
    assert writes.ports == (model.PortChange('open', model.PortRange(80, 80, 'tcp')),)


def test_nobody_reading_ends_a_command_quietly(installed: World):
    world = installed
    world.api.options = {'long': 'x' * 1000000}
    world.script('hooks/config-changed', 'config-get long | head -c 1; echo " ${PIPESTATUS[0]}"')
    world.api.local = dataclasses.replace(world.api.local, config_hash='old')
    unpacked(world)

    world.start()
    world.wait_idle()

    assert ('DEBUG', 'unit.app/0.config-changed', 'x 1') in world.api.lines
    assert not [line for level, _, line in world.api.lines if level == 'WARNING']


def test_a_failed_hook_writes_nothing_and_is_tried_again(installed: World):
    """Section 8 numbers 22 and 36."""
    world = installed
    world.script('hooks/config-changed', 'state-set a=1; status-set blocked why; test -e go')
    world.api.local = dataclasses.replace(world.api.local, config_hash='old')
    unpacked(world)

    world.start()
    world.wait(lambda: world.api.agent[0] == 'error')

    assert world.api.committed == []
    assert world.api.workload['message'] == 'why'
    assert world.api.agent == (
        'error',
        'hook failed: "config-changed"',
        {'hook': 'config-changed'},
    )
    assert world.api.local.pending == model.Hook('config-changed')
    assert world.api.local.retry_at is not None

    (world.place.charm / 'go').touch()
    world.change(resolved='retry')
    world.wait_idle()
    assert world.api.committed[-1].state == {'a': '1'}
    assert world.api.local.attempts == 0


def test_a_refused_commit_fails_the_hook(installed: World):
    """Section 8 number 23."""
    world = installed
    world.api.local = dataclasses.replace(world.api.local, config_hash='old')
    world.api.refusal = errors.Error('no')
    unpacked(world)

    world.start()
    world.wait(lambda: world.api.agent[0] == 'error')

    assert world.api.local.pending == model.Hook('config-changed')


def test_a_hook_ended_by_a_signal_is_queued_again(installed: World):
    world = installed
    world.script(
        'hooks/config-changed',
        'test -e again && exit; touch again; kill -TERM $$; sleep 60',
    )
    world.api.local = dataclasses.replace(world.api.local, config_hash='old')
    unpacked(world)

    world.start()
    world.wait_idle()

    assert world.api.local.config_hash == 'c1'
    assert all(level != 'ERROR' for level, _, _ in world.api.lines)


def test_a_hook_ends_with_its_process_and_its_services_live_on(installed: World):
    world = installed
    world.script('hooks/config-changed', 'sleep 300 & echo $! > pid; echo done')
    world.api.local = dataclasses.replace(world.api.local, config_hash='old')
    unpacked(world)

    world.start()
    world.wait_idle()

    pid = int((world.place.charm / 'pid').read_text())
    os.kill(pid, signal.SIGKILL)
    assert ('DEBUG', 'unit.app/0.config-changed', 'done') in world.api.lines


def test_much_output_is_read_in_lines(installed: World):
    world = installed
    world.script(
        'hooks/config-changed',
        'head -c 3000000 /dev/zero | tr "\\0" x; echo; seq 100000; printf end',
    )
    world.api.local = dataclasses.replace(world.api.local, config_hash='old')
    unpacked(world)

    world.start()
    world.wait_idle()

    said = [line for level, _, line in world.api.lines if level == 'DEBUG']
    assert said[-2:] == ['100000', 'end']
    assert max(map(len, said)) <= 65536
    assert sum(len(line) for line in said if line.startswith('x')) == 3000000
