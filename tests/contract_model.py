"""A model full of tracers, driven with Juju's verbs from outside, and what the tracers wrote.

Nothing here is particular to solo: ``--cli juju`` runs the same tests against Juju, and reads the
files of its machines with ``juju exec``.
"""

from __future__ import annotations

import dataclasses
import json
import os
import re
import shlex
import signal
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import waiting

T = TypeVar('T')
CHARMS = Path(__file__).resolve().parent / 'charms'
_PATIENCE = 120.0  # seconds; what is waited for takes a few on an idle machine


@dataclasses.dataclass(frozen=True)
class Result:
    """What a command said."""

    code: int
    out: str
    err: str


@dataclasses.dataclass(frozen=True)
class Traced:
    """One hook or action as the tracer wrote it down."""

    name: str
    env: Mapping[str, str]
    names: tuple[str, ...]
    argv: tuple[str, ...]
    cwd: str
    time: float

    @property
    def unit(self) -> str:
        """Whose it was."""
        return self.env['JUJU_UNIT_NAME']

    def __str__(self) -> str:
        """Return the name with the remote unit, ``db-relation-joined pg/0``."""
        remote = self.env.get('JUJU_REMOTE_UNIT', '')
        return f'{self.name} {remote}' if remote else self.name


class Model:
    """One model of its own.

    Args:
        cli: The command line.
        name: The model's name.
        folder: A folder for traces, which every machine of the model can write to.
        env: Environment variables on top of the tests' own.
    """

    def __init__(self, cli: str, name: str, folder: Path, env: Mapping[str, str]) -> None:
        self.name = name
        self.folder = folder
        self._cli = cli
        self._env = {**os.environ, **env}

    # -- the command line ----------------------------------------------------------------------
    def ask(self, verb: str, *args: str) -> Result:
        """Run a verb on the model, whatever comes of it."""
        return self._run(verb, '--model', self.name, *args)

    def anywhere(self, verb: str, *args: str) -> Result:
        """Run a verb that takes no ``--model``, whatever comes of it."""
        return self._run(verb, *args)

    def command(self, verb: str, *args: str) -> None:
        """Run a verb that takes no ``--model`` and must succeed."""
        result = self._run(verb, *args)
        assert result.code == 0, f'{verb} {shlex.join(args)}: {result.out}{result.err}'

    def _run(self, *args: str) -> Result:
        done = subprocess.run(
            [self._cli, *args],
            env=self._env,
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )
        return Result(done.returncode, done.stdout, done.stderr)

    def juju(self, verb: str, *args: str) -> str:
        """Run a verb that must succeed and return what it printed."""
        result = self.ask(verb, *args)
        assert result.code == 0, f'{verb} {shlex.join(args)}: {result.out}{result.err}'
        return result.out

    def deploy(
        self,
        app: str,
        *args: str,
        charm: str = 'tracer',
        on: Mapping[str, str] | None = None,
        **config: str,
    ) -> None:
        """Deploy a test charm; *on* has shell texts by hook's name."""
        path = charm if '/' in charm else str(CHARMS / charm)
        settings = {'trace-file': str(self.folder / 'trace'), **config}
        if on:
            settings['on-hook'] = json.dumps(on)
        given = [f'{key.replace("_", "-")}={value}' for key, value in settings.items()]
        self.juju(
            'deploy', path, app, *(word for each in given for word in ('--config', each)), *args
        )

    def on(self, app: str, **snippets: str) -> None:
        """Let the application's hooks do this from now on (``_`` stands for ``-``)."""
        named = {name.replace('_', '-'): text for name, text in snippets.items()}
        self.juju('config', app, f'on-hook={json.dumps(named)}')

    def status(self) -> dict[str, Any]:
        """Return the whole status."""
        return json.loads(self.juju('status', '--format', 'json'))

    def units(self) -> dict[str, dict[str, Any]]:
        """Return the status of every unit, subordinates too, by name."""
        return _units(self.status())

    def run(self, unit: str, action: str, *args: str) -> tuple[Result, dict[str, Any]]:
        """Run an action and return what the command said and the unit's part of it."""
        result = self.ask('run', '--format', 'json', unit, action, *args)
        return result, json.loads(result.out or '{}').get(unit, {})

    def exec(self, unit: str, command: str) -> Result:
        """Run a shell text in the unit's context and return what it said."""
        told = self.ask('exec', '--format', 'json', '--unit', unit, '--', command)
        assert told.out, f'exec {command}: {told.err}'
        results = json.loads(told.out)[unit].get('results', {})
        return Result(
            int(results.get('return-code', 0)),
            results.get('stdout', ''),
            results.get('stderr', ''),
        )

    def tool(self, unit: str, command: str) -> str:
        """Run a hook command that must succeed in the unit's context; return what it printed."""
        result = self.exec(unit, command)
        assert result.code == 0, f'{command}: {result.err}'
        return result.out

    def kill_agents(self) -> None:
        """Kill whatever runs the units' agents, as a crash would; it comes back by itself."""
        if Path(self._cli).name == 'juju':
            for machine in self.status()['machines']:
                self.ask('exec', '--machine', machine, '--', 'sudo pkill -KILL jujud')
            return
        found = re.search(r'process (\d+)', self._run('controller', 'status').out)
        assert found is not None, 'the controller says its process'
        os.kill(int(found[1]), signal.SIGKILL)
        self.status()

    # -- what the tracers wrote ----------------------------------------------------------------
    def trace(self, unit: str = '') -> list[Traced]:
        """Return what ran, in order, of all units or of one."""
        # What follows the last newline is still being written.
        whole = self.read('trace').rpartition('\n')[0]
        lines = [json.loads(line) for line in whole.splitlines()]
        traced = [
            Traced(
                line['name'],
                line['env'],
                tuple(line['names']),
                tuple(line['argv']),
                line['cwd'],
                line['time'],
            )
            for line in lines
        ]
        return [each for each in traced if unit in ('', each.unit)]

    def hooks(self, unit: str) -> list[str]:
        """Return the names of the unit's hooks, each with the remote unit that it was about."""
        return [str(each) for each in self.trace(unit)]

    def said(self) -> list[str]:
        """Return the lines that snippets wrote to ``$SAID``."""
        return self.read('trace.said').splitlines()

    def read(self, name: str) -> str:
        """Return a file of the traces' folder; nothing while it isn't there."""
        path = self.folder / name
        if Path(self._cli).name != 'juju':
            return path.read_text() if path.exists() else ''
        told = json.loads(
            self.ask('exec', '--all', '--format', 'json', '--', f'cat {path} || true').out or '{}'
        )
        return ''.join(each.get('results', {}).get('stdout', '') for each in told.values())

    # -- waiting -------------------------------------------------------------------------------
    def wait(self, condition: Callable[[], T | None]) -> T:
        """Wait until *condition* is true; on failure tell what is there."""
        try:
            return waiting.wait_for(condition, _PATIENCE, every=0.1)
        except AssertionError as error:
            told = '\n'.join(f'{each.unit} {each}' for each in self.trace())
            raise AssertionError(f'{error}\n{self.juju("status")}\n{told}') from error

    def wait_hook(self, unit: str, hook: str, count: int = 1) -> None:
        """Wait until the unit has run *hook*, as :meth:`hooks` writes it, so many times."""
        self.wait(lambda: self.hooks(unit).count(hook) >= count)

    def settle(self, *gone: str) -> dict[str, dict[str, Any]]:
        """Wait until every agent is idle, and these are gone; return the units' status."""

        def settled() -> dict[str, dict[str, Any]] | None:
            status = self.status()
            units = _units(status)
            names = {*units, *status['applications']}
            idle = all(unit['juju-status']['current'] == 'idle' for unit in units.values())
            return (units or {'': {}}) if idle and not names & set(gone) else None

        return self.wait(settled)

    def started(self, *units: str) -> None:
        """Wait until the units have started and all is quiet."""
        for unit in units:
            self.wait_hook(unit, 'start')
        self.settle()

    def errs(self, unit: str) -> dict[str, Any]:
        """Wait until the unit is in error and return its status."""

        def failed() -> dict[str, Any] | None:
            status = self.units().get(unit, {})
            return status if status.get('workload-status', {}).get('current') == 'error' else None

        return self.wait(failed)


def _units(status: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for app in status['applications'].values():
        for name, unit in app.get('units', {}).items():
            found[name] = unit
            found.update(unit.get('subordinates', {}))
    return found


def charm(folder: Path, metadata: str, **files: str) -> str:
    """Write a charm of the test's own and return its path.

    Args:
        folder: Where it goes.
        metadata: Its ``metadata.yaml``; the name is the folder's.
        files: Executable shell texts by path, with ``__`` for ``/`` and ``_`` for ``-``.
    """
    folder.mkdir(exist_ok=True)
    text = f'name: {folder.name}\nsummary: of a test\ndescription: of a test\nseries: [jammy]\n'
    (folder / 'metadata.yaml').write_text(text + metadata)
    for name, script in files.items():
        path = folder / name.replace('__', '/').replace('_', '-')
        path.parent.mkdir(exist_ok=True)
        path.write_text(f'#!/bin/bash\n{script}\n')
        path.chmod(0o755)
    return str(folder)
