"""One Django site for all tests of this folder, made by the tutorial's own commands."""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import documents
import pytest
import visitors
from waiting import wait_for

REPOSITORY = Path(__file__).resolve().parents[3]
TUTORIAL = REPOSITORY / 'docs' / 'tutorial' / 'django.md'
MODEL = 'django'
PORT = 8080


@dataclasses.dataclass
class Site:
    """The site from outside, and the command line in its model."""

    cli: str
    refused_before_expose: bool = False
    walked: list[str] = dataclasses.field(default_factory=list[str])

    def run(self, command: str, *, check: bool = True) -> str:
        """Run a command of a shell at the repository's root, as a reader would paste it."""
        done = subprocess.run(
            ['/bin/bash', '-c', command.replace('./solo', self.cli)],
            cwd=REPOSITORY,
            env={**os.environ, 'JUJU_MODEL': MODEL},
            capture_output=True,
            text=True,
            timeout=900,
            check=False,
        )
        assert not check or done.returncode == 0, f'{command}\n{done.stdout}{done.stderr}'
        return done.stdout + done.stderr

    def walk(self, title: str) -> list[str]:
        """Run the commands of one section of the tutorial, and return what they said."""
        self.walked.append(title)
        said: list[str] = []
        for command in sections()[title]:
            if ' expose ' in command:
                wait_for(lambda: self.visitor().read()[0] == 0)
                self.refused_before_expose = True
            said.append(self.run(command))
        return said

    def visitor(self) -> visitors.Visitor:
        return visitors.Visitor('127.0.0.1', PORT, timeout=60)

    def status(self) -> dict[str, Any]:
        return json.loads(self.run('./solo status --format json'))['applications']

    def unit(self, name: str) -> dict[str, Any]:
        """Return what the status says of a unit, a subordinate too."""
        found: dict[str, Any] = {}
        for application in self.status().values():
            units: dict[str, Any] = application.get('units') or {}
            found |= units
            for unit in units.values():
                below: dict[str, Any] = unit.get('subordinates') or {}
                found |= below
        return found[name]

    def wait_for_message(self, unit: str, state: str, words: str) -> None:
        def says() -> str | None:
            found = self.unit(unit)['workload-status']
            matches = found['current'] == state and words in found.get('message', '')
            return found.get('message', '-') if matches else None

        try:
            wait_for(says, timeout=120, every=0.5)
        except AssertionError as error:
            found = self.unit(unit)['workload-status']
            raise AssertionError(f'wanted {state} "{words}", there is {found}') from error

    def wait_until_active(self) -> None:
        self.wait_for_message('python-django/0', 'active', 'master')


def sections() -> dict[str, list[str]]:
    """Return the tutorial's sections that have commands, and these."""
    parts = TUTORIAL.read_text().split('\n## ')[1:]
    found = {part.partition('\n')[0]: documents.commands(part) for part in parts}
    return {title: commands for title, commands in found.items() if commands}


@pytest.fixture(scope='package')
def site(cli: str) -> Iterator[Site]:
    """The deployment, with the page of its first section."""
    made = Site(cli)
    made.run(f'./solo add-model {MODEL} --no-switch')
    try:
        made.walk('Six lines')
        yield made
    except BaseException:
        print(made.run('./solo status; ./solo debug-log --no-tail --limit 300', check=False))
        raise
    finally:
        made.run(
            f'./solo destroy-model {MODEL} --no-prompt --destroy-storage --force', check=False
        )
