"""``resolved``: let failed hooks run again, or skip them."""

from __future__ import annotations

import time

from .. import errors, flags, names
from . import session, table

COMMAND = table.command(
    'resolved',
    '[<unit> ...]',
    '',
    flags.Flag(('no-retry',), 'bool', help='Do not re-execute failed hooks on the unit'),
    flags.Flag(('all',), 'bool', help='Mark all units in error as resolved'),
    table.WAIT,
)


def run(session: session.Session) -> int:
    """Say that the failures of the units are resolved."""
    every = session.flags['all']
    if every and session.args:
        raise errors.UsageError('specifying unit names(s) with --all not supported')
    if not every and not session.args:
        raise errors.UsageError('no unit specified')
    units = [names.unit(text) for text in session.args]
    started = time.time()
    session.ask(
        'resolved',
        units=[str(unit) for unit in units],
        all=every,
        no_retry=session.flags['no-retry'],
    )
    return session.wait(*sorted({unit.application for unit in units}), since=started)
