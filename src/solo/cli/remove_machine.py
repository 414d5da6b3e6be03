"""``remove-machine``: take machines out of the model."""

from __future__ import annotations

import sys

from .. import errors, flags
from . import arguments, session, table

COMMAND = table.command(
    'remove-machine',
    '<machine number> ...',
    'A machine with units is removed only by --force; their storage is detached.',
    flags.Flag(('force',), 'bool', help='Completely remove a machine and all its dependencies'),
    table.NO_WAIT,
    table.NO_PROMPT,
    flags.Flag(('dry-run',), 'bool', help='Print what this command would remove'),
    flags.Flag(('keep-instance',), 'bool', help='Accepted for Juju: there is no cloud'),
)


def run(session: session.Session) -> int:
    """Ask for it, and print what will be removed."""
    if not session.args:
        raise errors.UsageError('no machines specified')
    for machine in session.args:
        if not machine.isdigit():
            raise errors.UsageError(f'invalid machine id "{machine}"')
    arguments.check_no_wait(session.parsed)
    result = session.ask(
        'remove_machine',
        machines=list(session.args),
        force=session.flags['force'],
        no_wait=session.flags['no-wait'],
        dry_run=session.flags['dry-run'],
    )
    for each in result['done']:
        fate = each['result']
        session.write(f'will remove machine {each["name"]}\n')
        session.write(''.join(f'- will remove unit {unit}\n' for unit in fate['units']))
        session.write(''.join(f'- will remove storage {name}\n' for name in fate['destroyed']))
        session.write(''.join(f'- will detach storage {name}\n' for name in fate['detached']))
    for each in result['failed']:
        print(f'ERROR removing machine failed: {each["error"]}', file=sys.stderr)
    return 1 if result['failed'] else 0
