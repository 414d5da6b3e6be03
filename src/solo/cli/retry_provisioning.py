"""``retry-provisioning``: for machines that could not be made."""

from __future__ import annotations

from .. import errors, flags
from . import session, table

COMMAND = table.command(
    'retry-provisioning',
    '<machine> [...]',
    'Machines that cannot be made are tried again by themselves, every few seconds.',
    flags.Flag(('all',), 'bool', help='Retry provisioning all failed machines'),
)


def run(session: session.Session) -> int:
    """Say of each machine whether there is something to retry."""
    if not session.args and not session.flags['all']:
        raise errors.UsageError('no machine specified')
    for name in session.args:
        if not name.isdigit():
            raise errors.UsageError(f'invalid machine "{name}"')
    machines = session.ask('status')['machines']
    code = 0
    for name in session.args:
        if name not in machines:
            session.say(f'machine {name} not found')
        elif machines[name]['machine-status'].get('current') == 'running':
            session.say(f'machine {name} is not in an error state')
        else:
            continue
        code = 1
    return code
