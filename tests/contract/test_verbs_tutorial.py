"""The tutorial, as a reader follows it: its files are written and its commands run, in order."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import documents
from conftest import Run

PAGE = 'docs/tutorial/your-first-charm-on-solo.md'
FILE = re.compile(r'^`([\w./-]+)`:\n\n```\w+\n(.*?)^```$', re.MULTILINE | re.DOTALL)


def test_the_tutorial_does_what_it_says(repository: Path, solo: Run, tmp_path: Path):
    page = (repository / PAGE).read_text()
    (tmp_path / 'solo').symlink_to(repository / 'solo')
    for name, text in FILE.findall(page):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    said: dict[str, str] = {}

    try:
        for command in documents.commands(page):
            done = subprocess.run(
                ['bash', '-c', command], cwd=tmp_path, capture_output=True, text=True, timeout=300
            )
            assert done.returncode == 0, f'{command}: {done.stdout}{done.stderr}'
            said[command] = done.stdout
    finally:
        solo('destroy-model', 'tutorial', '--no-prompt', '--destroy-storage', '--force')

    def output(start: str) -> str:
        return next(text for command, text in said.items() if command.startswith(start))

    assert 'hello/0*' in output('./solo status')
    assert 'good morning!!!' in output('./solo run')
    assert output('./solo exec').strip() == 'good morning'
    assert 'charm.py' in output('./solo ssh')
    assert 'greting' in output('./solo debug-log')
    assert 'error' in output('./solo show-status-log')
