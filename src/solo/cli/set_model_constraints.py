"""``set-model-constraints``: what a model asks of its machines."""

from __future__ import annotations

from .. import constraints
from . import session, table

COMMAND = table.command(
    'set-model-constraints',
    '<constraint>=<value> ...',
    'They are kept and shown; one machine has what it has.',
)


def run(session: session.Session) -> int:
    """Replace the constraints; as Juju does, without a word."""
    constraints.parse(session.args)
    session.ask('constraints', set=list(session.args))
    return 0
