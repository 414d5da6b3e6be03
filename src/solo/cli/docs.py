"""The reference of the command line, written from its tables: ``python -m solo.cli.docs``."""

from __future__ import annotations

import sys

from .. import flags
from . import main, table

_HEAD = """\
# The command line

Written by `./test docs` from the tables in `src/solo/cli/`; `solo help <command>` prints the
same. Verbs, flags, output and error words are those of juju 3.6; what Juju does not have is
`--wait`, `alias`, `controller`, `doctor` and `pack`.

Every verb takes `--debug` (show the traceback of a failure), `-q`/`--quiet` and `-v`/`--verbose`.
`JUJU_MODEL` names the model where `--model` does not. Exit codes: 0, 1 it failed, 2 it was asked
wrongly.
"""


def text() -> str:
    """Return the whole page as Markdown."""
    return '\n'.join([_HEAD, *(_section(name) for name in sorted(table.VERBS))])


def _section(name: str) -> str:
    module = main.verb(name)
    assert module is not None, 'every verb of the table has a module'
    command = module.COMMAND
    usage = ' '.join(filter(None, ('solo', name, '[options]', command.args)))
    lines = [f'## {name}', '', command.summary, '', '```', usage, '```', '']
    if command.aliases:
        lines += [f'Also: {", ".join(f"`{alias}`" for alias in command.aliases)}.', '']
    if command.details:
        lines += ['```', command.details.rstrip(), '```', '']
    own = [flag for flag in command.flags if flag not in table.COMMON]
    if own:
        lines += ['| flag | what |', '|---|---|']
        lines += [f'| {_names(flag)} | {_cell(flag.help)} |' for flag in own]
        lines.append('')
    return '\n'.join(lines)


def _names(flag: flags.Flag) -> str:
    return ', '.join(f'`-{name}`' if len(name) == 1 else f'`--{name}`' for name in flag.names)


def _cell(text: str) -> str:
    return text.replace('|', '\\|').replace('<', '&lt;')


if __name__ == '__main__':
    sys.stdout.write(text())
