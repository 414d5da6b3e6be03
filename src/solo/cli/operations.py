"""``operations``: what was run on units and machines, and how it went."""

from __future__ import annotations

from typing import Any

from .. import errors, flags, formats, names
from . import arguments, output, session, table

COMMAND = table.command(
    'operations',
    '',
    'Without options, all are listed; exec is the action "juju-exec".',
    *table.formats('plain', 'json', 'yaml'),
    table.UTC,
    flags.Flag(('apps', 'applications'), 'list', help='Applications to filter on'),
    flags.Flag(('units',), 'list', help='Units to filter on'),
    flags.Flag(('machines',), 'list', help='Machines to filter on'),
    flags.Flag(('actions',), 'list', help='Names of actions to filter on'),
    flags.Flag(('status',), 'list', help='Values of status to filter on'),
    flags.Flag(('limit',), 'int', help='The maximum number of operations to return'),
    flags.Flag(('offset',), 'int', 0, 'Return operations from offset onwards'),
)
_STATUS = ('pending', 'running', 'completed', 'failed', 'cancelled', 'aborting', 'aborted')
_LIMIT = 50  # Juju's, when nothing is said
_SHOWN = 5  # task ids on a line


def run(session: session.Session) -> int:
    """Print the operations, as a table by default."""
    session.parsed.at_most(0)
    wanted = {
        key: arguments.comma_list(session.flags[key])
        for key in ('applications', 'units', 'machines', 'actions', 'status')
    }
    _check(wanted)
    found: dict[str, dict[str, Any]] = session.ask('operations', wanted=wanted)
    offset, limit = session.flags['offset'], session.flags['limit'] or _LIMIT
    shown = dict(list(found.items())[offset : offset + limit])
    if not shown:
        session.say('no matching operations')
    elif session.flags['format'] != 'plain':
        session.write(formats.text(shown, session.flags['format']))
    else:
        session.write(_truncated(offset, limit, len(shown), len(found)) + _table(shown))
    return 0


def _check(wanted: dict[str, list[str]]) -> None:
    faults = [
        f'invalid application name "{name}"'
        for name in wanted['applications']
        if not names.is_application(name)
    ]
    faults += [
        f'invalid unit name "{unit}"' for unit in wanted['units'] if not names.is_unit(unit)
    ]
    faults += [f'invalid machine id "{id}"' for id in wanted['machines'] if not id.isdigit()]
    faults += [
        f'"{status}" is not a valid task status, want one of [{" ".join(_STATUS)}]'
        for status in wanted['status']
        if status not in _STATUS
    ]
    if faults:
        raise errors.UsageError('\n'.join(faults))


def _truncated(offset: int, limit: int, shown: int, found: int) -> str:
    more = found > offset + shown
    if not offset and not more:
        return ''
    text = f'Displaying operation results {offset + 1} to {offset + shown}.\n'
    if more:
        text += (
            f'Run the command again with --offset={offset + limit} --limit={limit} '
            'to see the next batch.\n\n'
        )
    return text


def _table(found: dict[str, dict[str, Any]]) -> str:
    rows = [['Id', 'Status', 'Started', 'Finished', 'Task IDs', 'Summary']]
    for number, each in found.items():
        tasks = list(each.get('tasks', {}))
        listed = ','.join(tasks[:_SHOWN]) + ('...' if len(tasks) > _SHOWN else '')
        times = [_short(each['timing'].get(key, '')) for key in ('started', 'completed')]
        rows.append([number, each['status'], *times, listed, each['summary']])
    return output.table(rows, right=(0,))


def _short(moment: str) -> str:
    """Return ``2006-01-02T15:04:05`` of ``2006-01-02 15:04:05 +0000 UTC``."""
    return moment[:19].replace(' ', 'T')
