"""``kill-controller``: ``destroy-controller`` that waits for nothing."""

from __future__ import annotations

from .. import flags, folders
from . import arguments, destroy_controller, session, table

COMMAND = table.command(
    'kill-controller',
    '<controller name>',
    'Ends every model by force, with its storage, and removes the data directory.',
    table.NO_PROMPT,
    flags.Flag(('t', 'timeout'), help='Accepted for Juju: nothing is waited for'),
    model=False,
)


def run(session: session.Session) -> int:
    """Ask, and then end everything."""
    name, *_ = session.parsed.at_most(1)
    arguments.check_controller(name)
    if not arguments.is_confirmed(session.parsed):
        arguments.confirm(
            f'WARNING! This command will kill the controller "{folders.controller_name()}", with '
            'all its models and their storage.\n\nContinue? (y/N):',
            'kill controller',
        )
    return destroy_controller.end(
        session,
        destroy_all_models=True,
        destroy_storage=True,
        release_storage=False,
        force=True,
        no_wait=True,
    )
