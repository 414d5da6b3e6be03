"""``help``: the verbs, or one of them."""

from __future__ import annotations

from .. import flags
from . import main, session, table

COMMAND = table.command('help', '[<command>]', model=False)

_INTRODUCTION = """\
solo runs Juju charms on this machine, with no Juju controller.

    solo deploy postgresql pg-a --wait   run PostgreSQL, and see how it goes
    solo status                          what there is
    solo help <command>                  what a command does

Commands:
"""


def run(session: session.Session) -> int:
    """Print the list of verbs, or the help of the one that is named."""
    name, *_ = session.parsed.at_most(1)
    if name in ('', 'commands'):
        width = max(map(len, table.VERBS))
        lines = (f'    {verb:{width}}  {summary}' for verb, summary in table.VERBS.items())
        text = '\n'.join(lines) + '\n'
        session.write(text if name else _INTRODUCTION + text)
        return 0
    module = main.verb(name)
    if module is None:
        raise main.unrecognized(name)
    session.write(flags.help_text(module.COMMAND, main.PROGRAM))
    return 0
