"""``machines``: the machines of the model."""

from __future__ import annotations

from . import machine_list, session, table

COMMAND = table.command(
    'machines',
    '',
    '',
    *table.formats('tabular', 'json', 'yaml'),
    table.UTC,
    *table.COLORS,
)


def run(session: session.Session) -> int:
    """Print the machines."""
    session.parsed.at_most(0)
    return machine_list.show(session, ())
