"""``add-machine``: machines that wait for units."""

from __future__ import annotations

from .. import constraints, errors, flags
from . import session, table

COMMAND = table.command(
    'add-machine',
    '[<placement>]',
    'Units are placed there with "--to".',
    flags.Flag(('n',), 'int', 1, 'The number of machines to add'),
    flags.Flag(('base', 'series'), help="Accepted for Juju: the base is this machine's"),
    flags.Flag(('constraints',), 'list', help='Accepted for Juju: one machine has what it has'),
    flags.Flag(('disks',), help='Accepted for Juju: storage is made for units'),
    flags.Flag(('private-key',), help='Accepted for Juju: no keys are involved'),
    flags.Flag(('public-key',), help='Accepted for Juju: no keys are involved'),
)


def run(session: session.Session) -> int:
    """Add the machines, and say what they are called."""
    placement, *_ = session.parsed.at_most(1)
    if placement:
        raise errors.Error(
            f'cannot add machine "{placement}": all machines are on this host and have no '
            'containers; run "solo add-machine" without it'
        )
    constraints.parse(session.flags['constraints'])
    if session.flags['n'] < 1:
        raise errors.UsageError('-n must be a positive integer')
    found = session.ask('add_machine', count=session.flags['n'])
    for machine in found['machines']:
        session.say(f'created machine {machine}')
    return 0
