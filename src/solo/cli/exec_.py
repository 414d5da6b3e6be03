"""``exec``: run commands on units and machines."""

from __future__ import annotations

import shlex

from .. import errors, flags, names
from . import arguments, session, table, tasks

COMMAND = table.command(
    'exec',
    '<commands>',
    """\
The commands run in the unit's context: in the charm's folder, with the hook commands in the PATH.
On a --machine they have no context. Put "--" before commands that have options of their own.
A single argument is given to a shell as it is; several are quoted.""",
    *tasks.OPTIONS,
    *table.COLORS,
    flags.Flag(('u', 'unit'), 'list', help='One or more unit ids'),
    flags.Flag(('a', 'app', 'application'), 'list', help='One or more application names'),
    flags.Flag(('machine',), 'list', help='One or more machine ids'),
    flags.Flag(('all',), 'bool', help='Run the commands on all the machines'),
    flags.Flag(('operator',), 'bool', help='Accepted for Juju: for Kubernetes only'),
    flags.Flag(('parallel',), 'bool', True, 'Run the commands in parallel without first queueing'),
    flags.Flag(('execution-group',), help='Commands in the same execution group run sequentially'),
)
_SECONDS = 300.0


def run(session: session.Session) -> int:
    """Queue the commands, wait for them and show what they printed."""
    args = session.args
    if not args:
        raise errors.UsageError('no commands specified')
    units = arguments.comma_list(session.flags['unit'])
    applications = arguments.comma_list(session.flags['application'])
    machines = arguments.comma_list(session.flags['machine'])
    _check(session, units, applications, machines)
    timeout = arguments.seconds(session.parsed, 'wait', _SECONDS)
    queued = session.ask(
        'exec',
        units=units,
        applications=applications,
        machines=machines,
        all=session.flags['all'],
        command=args[0] if len(args) == 1 else shlex.join(args),
        timeout=timeout,
        parallel=session.flags['parallel'],
        execution_group=session.flags['execution-group'],
    )
    return tasks.follow(session, queued, timeout, talk=session.flags['verbose'], bare=True)


def _check(
    session: session.Session, units: list[str], applications: list[str], machines: list[str]
) -> None:
    if session.flags['wait'] and session.flags['background']:
        raise errors.UsageError('cannot specify both --wait and --background')
    if session.flags['all']:
        targets = {'machines': machines, 'applications': applications, 'units': units}
        for word, given in targets.items():
            if given:
                raise errors.UsageError(f'You cannot specify --all and individual {word}')
    elif not (units or applications or machines):
        raise errors.UsageError(
            'You must specify a target, either through --all, --machine, --application or --unit'
        )
    faults = [
        f'  {flags.quote(unit)} is not a valid unit name'
        for unit in units
        if not names.is_unit(unit) and not unit.endswith('/leader')
    ]
    if faults:
        raise errors.UsageError('The following exec targets are not valid:\n' + '\n'.join(faults))
