"""``set-constraints``: what an application asks of its machines."""

from __future__ import annotations

from .. import constraints, errors
from . import session, table

COMMAND = table.command(
    'set-constraints',
    '<application> <constraint>=<value> ...',
    'They are kept and shown; one machine has what it has.',
)


def run(session: session.Session) -> int:
    """Replace the constraints; as Juju does, without a word."""
    if not session.args:
        raise errors.UsageError('no application name specified')
    application, *wanted = session.args
    constraints.parse(wanted)
    session.ask('constraints', application=application, set=wanted)
    return 0
