"""The README's promise: its commands work on a machine that has nothing installed.

``./test`` itself, which it also shows, would run this test in there again, and is left out.
"""

from __future__ import annotations

import os
from pathlib import Path

import documents
import fresh_machine
import pytest


def test_the_commands_of_the_readme_work_on_a_fresh_machine(repository: Path):
    obstacle = fresh_machine.obstacle()
    if obstacle and os.environ.get('CI') != 'true':
        pytest.skip(obstacle)
    assert not obstacle
    readme = (repository / 'README.md').read_text()
    commands = [line for line in documents.commands(readme) if line.split()[0] != './test']

    result = fresh_machine.run(repository, commands, timeout=900)

    print(result.output)
    assert commands, 'the README shows no command'
    assert result.code == 0
