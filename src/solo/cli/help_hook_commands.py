"""``help-hook-commands``: what a charm's hooks can call."""

from __future__ import annotations

from .. import flags
from ..hookcmds import table as hookcmds
from . import main, session, table

COMMAND = table.command('help-hook-commands', '[<command>]', model=False)


def run(session: session.Session) -> int:
    """Print the list, or the help of one command."""
    name, *_ = session.parsed.at_most(1)
    if name and name not in hookcmds.TOOLS:
        raise main.unrecognized(name)
    if name:
        session.write(flags.help_text(hookcmds.TOOLS[name].command))
        return 0
    width = max(map(len, hookcmds.TOOLS))
    for each, found in sorted(hookcmds.TOOLS.items()):
        session.write(f'    {each:{width}}  {found.command.summary}\n')
    return 0
