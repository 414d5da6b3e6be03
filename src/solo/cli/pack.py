"""``pack``: a charm's folder as a file that Juju accepts."""

from __future__ import annotations

from pathlib import Path

from .. import flags
from . import session, table

COMMAND = table.command(
    'pack',
    '[<charm folder>]',
    'The file is written into the current folder, or where --output says.',
    flags.Flag(('o', 'output'), help='The folder to write to'),
    model=False,
)


def run(session: session.Session) -> int:
    """Pack the charm and print the file's name."""
    from ..charm import pack

    folder, *_ = session.parsed.at_most(1)
    output = session.flags['output']
    path = pack.pack(Path(folder or '.').resolve(), Path(output or '.').resolve(), session.say)
    print(path)
    return 0
