"""Hooks that crash, hang, print without end, or turn on their own controller."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

import processes
import pytest
import waiting
from own import Own, fine


@pytest.fixture
def unit(own: Own, charms: Path) -> Own:
    """A solo with the unit a/0, whose hooks do what the option ``on-hook`` says."""
    own.do('deploy', charms / 'tracer', 'a')
    own.wait_idle('a/0')
    return own


def on_hook(script: str) -> str:
    return 'on-hook=' + json.dumps({'config-changed': script})


def test_a_crash_is_shown_in_jujus_words_and_mended_by_the_operator(unit: Own):
    failed = unit('config', 'a', on_hook('state-set kept=no; echo why >&2; exit 3'), '--wait')

    shown = unit.unit('a/0')
    assert failed.returncode == 1
    assert (
        'ERROR hook "config-changed" (via explicit, bespoke hook script) failed: exit status 3'
        in failed.stderr
    )
    assert '    WARNING why\n' in failed.stderr
    assert shown['workload-status']['current'] == 'error'
    assert shown['workload-status']['message'] == 'hook failed: "config-changed"'
    assert shown['juju-status']['current'] == 'idle'
    unit.do('config', 'a', on_hook(''), '--wait')
    unit.wait_idle('a/0')


def test_what_a_hook_prints_without_end_is_in_the_log_and_costs_no_memory(unit: Own):
    """10 MB in one line and as many lines: the log has all of it, cut into pieces."""
    before = _memory(unit.pid)

    unit.do(
        'config',
        'a',
        on_hook("head -c 10000000 /dev/zero | tr '\\0' x; echo; seq 50000"),
        '--wait',
    )

    log = unit.do('debug-log', '--replay', '--no-tail', '--limit', '100000')
    assert log.count('x' * 60000) >= 150
    assert ' 50000\n' in log
    assert _memory(unit.pid) - before < 64 * 1024 * 1024
    unit.wait_idle('a/0')


def test_a_hook_that_hangs_holds_nobody_else_and_ctrl_c_ends_only_the_waiting(
    unit: Own, charms: Path
):
    command = unit.start('config', 'a', on_hook('exec sleep 1000'), '--wait')
    unit.wait_executing('a/0')

    command.send_signal(signal.SIGINT)
    _, said = command.communicate(timeout=60)

    assert command.returncode == 130
    assert said.endswith('\nStopped waiting; the work goes on. See: solo status\n')
    assert 'Traceback' not in said
    assert unit.agent('a/0') == 'executing'
    unit.do('deploy', charms / 'tracer', 'b')
    unit.wait_idle('b/0')


def test_a_unit_whose_hook_hangs_is_removed_by_force(unit: Own):
    unit.do('config', 'a', on_hook('exec sleep 1000'))
    hung = unit.running_hook('a/0')['pid']

    removed = unit.do('remove-unit', 'a/0', '--force', '--no-wait', '--no-prompt', '--wait')

    assert removed == 'will remove unit a/0\n'
    assert unit.unit('a/0') == {}
    assert not processes.is_running(hung)
    unit.do('add-unit', 'a')
    waiting.wait_for(lambda: unit.agent('a/1') == 'executing', timeout=120)  # config-changed


def test_a_model_with_a_hook_that_hangs_is_destroyed_by_force(unit: Own, charms: Path):
    """Juju takes the machines away with what runs on them, also without ``--no-wait``."""
    unit.do('add-model', 'hung')
    unit.do('deploy', charms / 'tracer', 'h', '--config', on_hook('exec sleep 1000'))
    hung = unit.running_hook('h/0')['pid']

    refused = unit('destroy-model', 'hung', '--no-prompt', '--timeout', '1s')
    unit.do('destroy-model', 'hung', '--force', '--no-prompt', '--timeout', '1s')

    fine(refused, 2, '--timeout can only be used with --force (dangerous)')

    assert not processes.is_running(hung)
    assert (
        json.loads(unit.do('models', '--format', 'json'))['models'][0]['short-name'] == 'default'
    )


def test_a_hook_that_cuts_its_connection_fails_and_is_run_again(unit: Own):
    """Its commands find no door; the next attempt has one."""
    script = (
        'if [ -e cut ]; then exit 0; fi; touch cut; '
        'rm "$JUJU_AGENT_SOCKET_ADDRESS"; relation-ids ring'
    )

    failed = unit('config', 'a', on_hook(script), '--wait')

    assert failed.returncode == 1
    assert 'WARNING ERROR dial unix ' in failed.stderr
    unit.wait_idle('a/0')
    assert unit.hooks('a/0')[-2:] == ['config-changed', 'config-changed']


def test_a_hook_that_kills_its_controller_is_run_again_by_the_next_one(unit: Own):
    before, controller = len(unit.trace('a/0')), unit.pid
    gate = unit.data / 'gate'
    script = (
        'if [ -e killed ]; then exit 0; fi; touch killed;'
        f' while [ ! -e {gate} ]; do sleep 0.1; done; kill -9 {controller}; exec sleep 99'
    )
    command = unit.start('config', 'a', on_hook(script), '--wait')
    unit.wait_executing('a/0')

    gate.touch()
    _, said = command.communicate(timeout=120)

    assert command.returncode == 0, said
    assert 'ERROR' not in said
    assert unit.pid != controller
    first, second = unit.trace('a/0')[before:]
    assert (first['name'], second['name']) == ('config-changed', 'config-changed')
    assert not processes.is_running(first['pid'])


def _memory(pid: int) -> int:
    fields = Path(f'/proc/{pid}/statm').read_text().split()
    return int(fields[1]) * os.sysconf('SC_PAGE_SIZE')
