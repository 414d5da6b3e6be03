"""Wrong names and values: Juju's words and exit codes, and nothing changes."""

from __future__ import annotations

from pathlib import Path

import pytest
from own import Own, fine


@pytest.fixture
def two(own: Own, charms: Path) -> Own:
    """A solo with the applications a and b."""
    own.do('deploy', charms / 'tracer', 'a')
    own.do('deploy', charms / 'tracer', 'b')
    own.wait_idle('a/0', 'b/0')
    return own


def test_wrong_words_are_refused_one_by_one_and_run_no_hook(two: Own):
    before = two.hooks('a/0')
    reason = ' in "a" application config or charm settings.'
    cases: list[tuple[str, int, str]] = [
        ('integrate a nosuch', 1, 'application "nosuch" not found (not found)'),
        ('integrate a:nosuch b', 1, 'application "a" has no "nosuch" relation (not found)'),
        ('integrate a:web b:server', 1, 'no relations found'),
        ('integrate a: b', 2, 'endpoint "a:" not valid'),
        ('config a number=abc', 1, 'option "number" expected int, got "abc"'),
        ('config a switch=perhaps', 1, 'option "switch" expected boolean, got "perhaps"'),
        ('config a number=8 nosuch=1', 1, 'unknown option "nosuch"'),
        ('config a nosuch', 1, f'key "nosuch" not found{reason}'),
        ('config nosuch number=1', 1, 'application "nosuch" not found (not found)'),
        ('add-unit nosuch', 1, 'application "nosuch" not found (not found)'),
        ('remove-unit a', 2, 'invalid unit name "a"'),
        ('run a/0 nosuch', 1, 'action "nosuch" not defined for unit "a/0". (not found)'),
        ('nosuch', 2, 'unrecognized command: solo nosuch'),
        ('status --nosuch', 2, 'option provided but not defined: --nosuch'),
        ('status -m nosuch', 1, 'model solo:admin/nosuch not found (not found)'),
    ]

    answers = {words: two(*words.split()) for words, _, _ in cases}

    for words, code, error in cases:
        print(words)
        fine(answers[words], code, error)
    assert two.do('config', 'a', 'number') == '7\n'
    assert two.hooks('a/0') == before
