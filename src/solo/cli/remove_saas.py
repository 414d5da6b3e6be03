"""``remove-saas``: forget offers that are consumed.

Source: juju: cmd/juju/application/removesaas.go.
"""

from __future__ import annotations

from .. import errors, names
from . import arguments, session, table

COMMAND = table.command(
    'remove-saas',
    '<saas-application-name> [<saas-application-name>...]',
    'The relations to it end, in both models.',
    table.FORCE_IGNORED,
    table.NO_WAIT_IGNORED,
)


def run(session: session.Session) -> int:
    """Ask for the removal; it happens when the units' hooks have run."""
    if not session.args:
        raise errors.UsageError('no SAAS application names specified')
    for name in session.args:
        if not names.is_application(name):
            raise errors.UsageError(f'invalid SAAS application name "{name}"')
    arguments.check_no_wait(session.parsed)
    failed = session.ask('remove_saas', names=list(session.args))['failed']
    for each in failed:
        session.say(f'removing SAAS application {each["name"]} failed: {each["error"]}')
    return 1 if failed else 0
