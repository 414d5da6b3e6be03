"""The command line in the model of a test, failures included."""

from __future__ import annotations

import json
import subprocess
from typing import Any

import jubilant
from conftest import Run


class InModel:
    """Run verbs with ``--model``: ``run('status')``, and keep what they said.

    Args:
        juju: The test's model.
        solo: The fixture that runs a command line.
    """

    def __init__(self, juju: jubilant.Juju, solo: Run) -> None:
        self._model, self._solo = str(juju.model), solo

    def __call__(
        self, verb: str, *words: str, stdin: str = ''
    ) -> subprocess.CompletedProcess[str]:
        return self._solo(verb, '--model', self._model, *words, stdin=stdin)

    def out(self, verb: str, *words: str) -> str:
        """Run a verb that must succeed, and return its stdout."""
        done = self(verb, *words)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def json(self, verb: str, *words: str) -> Any:
        """Run a verb that must succeed with ``--format json``, and return what it printed."""
        return json.loads(self.out(verb, *words, '--format', 'json'))

    def error(self, verb: str, *words: str) -> str:
        """Run a verb that must fail, and return its stderr."""
        done = self(verb, *words)
        assert done.returncode != 0, done.stdout
        return done.stderr
