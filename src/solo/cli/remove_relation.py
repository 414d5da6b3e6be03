"""``remove-relation``: end a relation, named by its endpoints or its id."""

from __future__ import annotations

import time

from .. import errors
from . import arguments, session, table

COMMAND = table.command(
    'remove-relation',
    '<application>[:<endpoint>] <application>[:<endpoint>] | <relation-id>',
    '',
    table.FORCE_IGNORED,
    table.WAIT,
)


def run(session: session.Session) -> int:
    """Ask for the relation's end; it comes when the units' hooks have run."""
    args = session.args
    started = time.time()
    if len(args) == 1:
        if not args[0].isdigit():
            raise errors.UsageError(f'invalid relation ID "{args[0]}"')
        session.ask('remove_relation', id=int(args[0]))
        return session.wait(since=started)
    if len(args) != 2:
        raise errors.UsageError('a relation must involve two applications')
    endpoints = [arguments.endpoint(text) for text in args]
    session.ask('remove_relation', endpoints=endpoints)
    return session.wait(*(text.partition(':')[0] for text in endpoints), since=started)
