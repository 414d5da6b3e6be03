"""``remove-unit``: take units out of the model."""

from __future__ import annotations

import time

from .. import errors, flags, names
from . import arguments, removal, session, table

COMMAND = table.command(
    'remove-unit',
    '<unit> [...]',
    '',
    *removal.OPTIONS,
    flags.Flag(('num-units',), 'int', help='For Kubernetes only'),
)


def run(session: session.Session) -> int:
    """Ask for the removal; it happens when the units' hooks have run."""
    if not session.args:
        raise errors.UsageError('no units specified')
    if session.flags['num-units'] is not None:
        raise errors.UsageError('--num-units for non k8s models not valid')
    units = [str(names.unit(text)) for text in session.args]
    arguments.check_no_wait(session.parsed)
    started = time.time()
    result = removal.ask(session, 'remove_unit', 'unit', units=units)
    if not removal.show(session, result, 'unit'):
        return 1
    if session.flags['dry-run']:
        return 0
    return session.wait(
        *sorted({names.unit(unit).application for unit in units}),
        gone_units=tuple(units),
        since=started,
    )
