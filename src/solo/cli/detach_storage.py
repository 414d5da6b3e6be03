"""``detach-storage``: let units give storage back; its data stay."""

from __future__ import annotations

from .. import errors
from . import arguments, each, session, table

COMMAND = table.command(
    'detach-storage',
    '<storage> [<storage> ...]',
    'The storage stays in the model, for "solo attach-storage" or "--attach-storage".',
    table.FORCE_IGNORED,
    table.NO_WAIT_IGNORED,
)


def run(session: session.Session) -> int:
    """Ask for it, and say what is being detached."""
    if not session.args:
        raise errors.UsageError('detach-storage requires at least one storage ID')
    arguments.check_no_wait(session.parsed)
    result = session.ask('detach_storage', storage=list(session.args))
    return each.show(session, result, 'detaching {name}', 'failed to detach {name}: {error}')
