"""``show-machine``: the facts about some machines."""

from __future__ import annotations

from . import machine_list, session, table

COMMAND = table.command(
    'show-machine',
    '<machineID> ...',
    '',
    *table.formats('yaml', 'json', 'tabular'),
    table.UTC,
    *table.COLORS,
)


def run(session: session.Session) -> int:
    """Print the machines."""
    return machine_list.show(session, session.args)
