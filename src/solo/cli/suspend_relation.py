"""``suspend-relation``: an offer's relations end for a while.

Source: juju: cmd/juju/application/suspendrelation.go.
"""

from __future__ import annotations

from .. import errors, flags
from . import session, table

COMMAND = table.command(
    'suspend-relation',
    '<relation-id>[ <relation-id>...]',
    'Units see it end; resume-relation begins it anew. "solo offers" shows the ids.',
    flags.Flag(('message',), help='Reason for suspension'),
)


def run(session: session.Session) -> int:
    """Ask for the suspension."""
    session.ask(
        'suspend_relation',
        ids=relation_ids(session),
        suspended=True,
        message=session.flags['message'],
    )
    return 0


def relation_ids(session: session.Session) -> list[int]:
    """Return the numbers of the relations that were given.

    Raises:
        UsageError: If none was given, or something else.
    """
    if not session.args:
        raise errors.UsageError('no relation ids specified')
    for text in session.args:
        if not text.isdigit():
            raise errors.UsageError(f'relation ID "{text}" not valid')
    return [int(text) for text in session.args]
