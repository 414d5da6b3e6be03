"""``remove-application``: take applications out of the model, with all their units."""

from __future__ import annotations

import time

from .. import errors, names
from . import arguments, removal, session, table

COMMAND = table.command('remove-application', '<application> [...]', '', *removal.OPTIONS)


def run(session: session.Session) -> int:
    """Ask for the removal; it happens when the units' hooks have run."""
    if not session.args:
        raise errors.UsageError('no application specified')
    for name in session.args:
        if not names.is_application(name):
            raise errors.UsageError(f'invalid application name "{name}"')
    arguments.check_no_wait(session.parsed)
    started = time.time()
    result = removal.ask(
        session, 'remove_application', 'application', applications=list(session.args)
    )
    if not removal.show(session, result, 'application'):
        return 1
    if session.flags['dry-run']:
        return 0
    return session.wait(*session.args, gone_applications=session.args, since=started)
