"""``integrate``, also ``add-relation`` and ``relate``: a relation between two applications."""

from __future__ import annotations

import time

from .. import errors, flags, offerurl
from . import arguments, session, table

COMMAND = table.command(
    'integrate',
    '<application>[:<endpoint>] <application>[:<endpoint>]',
    "One of the two may be another model's offer: [<user>/]<model>.<offer>[:<endpoint>].",
    flags.Flag(('via',), help='Accepted for Juju: for relations between models'),
    table.WAIT,
)


def run(session: session.Session) -> int:
    """Ask for the relation; as Juju does, without a word."""
    if len(session.args) != 2:
        raise errors.UsageError('an integration must involve two applications')
    endpoints = [
        text if offerurl.is_url(text) else arguments.endpoint(text) for text in session.args
    ]
    started = time.time()
    session.ask('integrate', endpoints=endpoints)
    ours = [text.partition(':')[0] for text in endpoints if not offerurl.is_url(text)]
    return session.wait(*ours, since=started)
