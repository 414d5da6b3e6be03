"""Hooks and actions are debugged in tmux. Source: juju: internal/worker/uniter/runner/debug."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path

import contract_model
import pytest
import waiting
from contract_model import Model


class Terminal:
    """An operator's terminal: a tmux of the test's own, whose keys and screen a test has.

    Args:
        folder: Where its socket is.
        cli: The command line.
        model: The model.
    """

    def __init__(self, folder: Path, cli: str, model: Model) -> None:
        self._socket = folder / 'terminal'
        self._cli = cli
        self._model = model

    def tmux(self, *words: str) -> str:
        """Run a command of tmux and return what it printed."""
        done = subprocess.run(
            ['tmux', '-f', '/dev/null', '-S', str(self._socket), *words],
            capture_output=True,
            text=True,
            env={**os.environ, 'SOLO_DATA': str(self._model.folder.parent / 'data')},
            check=False,
        )
        return done.stdout

    def debug(self, verb: str, *words: str) -> None:
        """Run ``debug-hooks`` or ``debug-code`` in the terminal."""
        line = shlex.join([self._cli, verb, '--model', self._model.name, *words])
        self.tmux('new-session', '-d', '-s', 'operator', '-x', '150', '-y', '50', f'{line}; cat')
        self.sees('Hooks and actions open here')

    def sees(self, text: str) -> str:
        """Wait until *text* is on the screen."""

        def seen() -> str:
            screen = self.tmux('capture-pane', '-p', '-t', 'operator')
            return screen if text in screen else ''

        return waiting.wait_for(seen, 60, message=f'"{text}" on {self.tmux("capture-pane", "-p")}')

    def types(self, *lines: str) -> None:
        """Type lines."""
        for line in lines:
            self.tmux('send-keys', '-t', 'operator', '-l', line)
            self.tmux('send-keys', '-t', 'operator', 'Enter')

    def close(self) -> None:
        """End the terminal as a lost connection would."""
        self.tmux('kill-server')


@pytest.fixture
def terminal(request: pytest.FixtureRequest, model: Model, tmp_path: Path) -> Iterator[Terminal]:
    """A terminal beside the model."""
    cli = str(request.config.getoption('cli'))
    if Path(cli).name == 'juju':
        pytest.skip('the session is found by the files of this host')
    found = Terminal(tmp_path, cli, model)
    yield found
    found.close()


def test_a_hook_waits_for_a_shell_with_its_environment_and_commands(
    model: Model, terminal: Terminal
):
    """What the shell writes is true when it ends with 0; what is not named runs by itself."""
    model.deploy('a')
    model.started('a/0')
    hooks = len(model.hooks('a/0'))
    terminal.debug('debug-hooks', 'a/0', 'config-changed', 'touch')

    model.on('a', config_changed='status-set active by-hand')
    terminal.sees('a/0:config-changed %')
    model.on('a', config_changed='true')
    terminal.types('state-set seen=$JUJU_HOOK_NAME; pwd', 'hooks/config-changed; echo code=$?')
    assert '/agents/unit-a-0/charm' in terminal.sees('code=0')
    assert model.units()['a/0']['juju-status']['current'] == 'executing'
    terminal.types('exit')
    model.wait(lambda: model.juju('debug-log').count('ran "config-changed"') == 2)
    terminal.sees('a/0:config-changed %')  # what changed meanwhile is another hook
    terminal.types('exit')

    model.settle()
    assert model.hooks('a/0')[hooks:] == ['config-changed']
    assert model.tool('a/0', 'state-get seen') == 'config-changed\n'


def test_exit_1_fails_the_hook_and_a_closed_terminal_lets_it_run_by_itself(
    model: Model, terminal: Terminal
):
    model.deploy('a')
    model.started('a/0')
    hooks = len(model.hooks('a/0'))
    terminal.debug('debug-hooks', 'a/leader')

    model.on('a', config_changed='true')
    terminal.sees('a/0:config-changed %')
    terminal.types('state-set lost=1; exit 1')
    failed = model.errs('a/0')
    assert failed['workload-status']['message'] == 'hook failed: "config-changed"'
    terminal.sees('a/0:config-changed %')  # the retry
    terminal.types('sleep 1000')

    terminal.close()

    model.wait_hook('a/0', 'config-changed', 2)
    model.settle()
    assert model.hooks('a/0')[hooks:] == ['config-changed']
    assert model.tool('a/0', 'state-get lost') == ''


def test_an_action_is_debugged_and_only_the_shells_own_commands_are_answered(
    model: Model, terminal: Terminal
):
    model.deploy('a')
    model.started('a/0')
    terminal.debug('debug-hooks', 'a/0', 'undone')

    model.juju('run', '--background', 'a/0', 'undone')
    terminal.sees('a/0:undone %')
    terminal.types('export > $CHARM_DIR/env; action-set by=hand; echo set=$?')
    terminal.sees('set=0')
    charm = next(model.folder.parent.glob(f'data/machines/{model.name}/*/agents/unit-a-0/charm'))
    stranger = f'. {charm}/env; state-set mine=1'
    refused = subprocess.run(['bash', '-c', stranger], capture_output=True, text=True, check=False)
    terminal.types('exit')

    told = model.wait(lambda: _finished(model, '2'))
    assert 'is not of this context' in refused.stderr
    assert told['results']['by'] == 'hand'


def test_debug_code_runs_the_charm_and_stops_it_at_breakpoints(model: Model, terminal: Terminal):
    charm = contract_model.charm(
        model.folder / 'coded',
        '',
        dispatch='[ "${JUJU_DISPATCH_PATH##*/}" != config-changed ] || '
        '{ read -p "stopped at $JUJU_DEBUG_AT:" code; exit $code; }',
    )
    (model.folder / 'coded' / 'config.yaml').write_text('options: {a: {type: string}}\n')
    model.juju('deploy', charm)
    model.errs('coded/0')  # nobody answers it

    terminal.debug('debug-code', '--at', 'here', 'coded/0')
    terminal.sees('stopped at here:')
    terminal.types('0')

    model.settle()


def test_what_cannot_be_debugged_is_said(model: Model):
    model.deploy('a')

    unknown = model.ask('debug-hooks', 'a/0', 'nonsense')
    unseen = model.ask('debug-hooks', 'a/0')
    nobody = model.ask('debug-hooks')
    wrong = model.ask('debug-code', 'a')

    assert (nobody.code, nobody.err) == (2, 'ERROR no unit name specified\n')
    assert wrong.err == 'ERROR "a" is not a valid unit name\n'
    assert unknown.code == 1
    assert unknown.err.startswith(
        'ERROR unit "a/0" contains neither hook nor action "nonsense", valid actions are [crash '
    )
    assert unseen.err == 'ERROR cannot open a debug session: it needs a terminal\n'


def _finished(model: Model, task: str) -> dict[str, dict[str, str]] | None:
    told = json.loads(model.juju('show-task', '--format', 'json', task))
    return told if told['status'] not in ('pending', 'running') else None
