"""``remove-storage``: take storage out of the model."""

from __future__ import annotations

from .. import errors, flags
from . import arguments, each, session, table

_HINT = """
Use the --force option to remove attached storage, or use
"solo detach-storage" to explicitly detach the storage
before removing."""

COMMAND = table.command(
    'remove-storage',
    '<storage> [<storage> ...]',
    'With --no-destroy the data stay where they are, and the model forgets them.',
    flags.Flag(('force',), 'bool', help='Remove storage even if it is currently attached'),
    flags.Flag(('no-destroy',), 'bool', help='Remove the storage without destroying it'),
    table.NO_WAIT,
)


def run(session: session.Session) -> int:
    """Ask for it, and say what is being removed."""
    if not session.args:
        raise errors.UsageError('remove-storage requires at least one storage ID')
    arguments.check_no_wait(session.parsed)
    result = session.ask(
        'remove_storage',
        storage=list(session.args),
        force=session.flags['force'],
        no_destroy=session.flags['no-destroy'],
    )
    code = each.show(session, result, 'removing {name}', 'failed to remove {name}: {error}')
    if any(failed['code'] == 'storage is attached' for failed in result['failed']):
        session.say(_HINT)
    return code
