from __future__ import annotations

import documents
import fresh_machine
import pytest

README = """\
Two commands:

```console
$ ./solo deploy postgresql pg-a --wait   # usable
pg-a/0  active
$ ./solo run pg-a/leader \\
    get-connection
```

    ./solo not-a-command

```sh
$ not this either
```
"""


def test_commands_are_the_dollar_lines_of_console_blocks():
    assert documents.commands(README) == [
        './solo deploy postgresql pg-a --wait   # usable',
        './solo run pg-a/leader \\\n    get-connection',
    ]


def test_a_command_that_nothing_would_run_is_refused():
    with pytest.raises(ValueError, match='solo status'):
        documents.commands('Try:\n\n    $ ./solo status\n')


def test_paths_are_names_with_a_slash_and_the_lines_of_a_tree():
    text = (
        '`src/solo/wire.py` and `cli/<verb>.py`, `charms/*/src`, not `./solo`, `/run/x`, `a b/c`\n'
        '\n'
        '    solo                the launcher\n'
        '    tests/unit/         no process\n'
        '    ./solo status       a command\n'
    )

    assert documents.paths(text) == ['src/solo/wire.py', 'cli', 'charms', 'solo', 'tests/unit/']


def test_links_are_followed_to_files_only():
    text = '[a](docs/a.md#part) [b](https://example.com/x) [c](#here)'

    assert documents.links(text) == ['docs/a.md']


def test_the_script_of_a_fresh_machine_keeps_comments_and_quotes():
    script = fresh_machine.script(["echo 'a b'  # why"], {'PIP_CERT': 'x y'})

    assert "export PIP_CERT='x y'\n" in script
    assert "\necho 'a b'  # why\ncode=$?" in script
