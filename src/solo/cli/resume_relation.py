"""``resume-relation``: what ``suspend-relation`` ended goes on.

Source: juju: cmd/juju/application/resumerelation.go.
"""

from __future__ import annotations

from . import session, suspend_relation, table

COMMAND = table.command('resume-relation', '<relation-id>[,<relation-id>]')


def run(session: session.Session) -> int:
    """Ask for it."""
    session.ask('suspend_relation', ids=suspend_relation.relation_ids(session), suspended=False)
    return 0
