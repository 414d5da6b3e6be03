"""``add-unit``: one more unit of an application, or several."""

from __future__ import annotations

import time

from .. import errors, flags
from . import arguments, session, table

COMMAND = table.command(
    'add-unit',
    '<application name>',
    '',
    flags.Flag(('n', 'num-units'), 'int', 1, 'Number of units to add'),
    table.TO,
    table.ATTACH_STORAGE,
    table.WAIT,
)


def run(session: session.Session) -> int:
    """Ask for the units; as Juju does, without a word."""
    application, *_ = session.parsed.at_most(1)
    if not application:
        raise errors.UsageError('no application specified')
    arguments.check_attach(session.parsed)
    started = time.time()
    session.ask(
        'add_unit',
        session.progress,
        application=application,
        num_units=arguments.positive(session.parsed, 'num-units'),
        to=arguments.comma_list(session.flags['to']),
        attach_storage=arguments.comma_list(session.flags['attach-storage']),
    )
    return session.wait(application, since=started)
