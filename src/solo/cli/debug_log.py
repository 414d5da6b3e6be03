"""``debug-log``: what charms and agents have said.

Source: juju: cmd/juju/commands/debuglog.go.
"""

from __future__ import annotations

import sys
import time
from typing import Any

from .. import errors, flags, formats
from . import arguments, output, session, table

COMMAND = table.command(
    'debug-log',
    '',
    """\
An entity is a unit, a machine (machine-0), or an application, which stands for its units; with
an entity's full name * is a wildcard. On a terminal the last lines are shown and new ones are
followed; otherwise all lines are printed.""",
    flags.Flag(('i', 'include'), 'list', help='Only show log messages for these entities'),
    flags.Flag(('x', 'exclude'), 'list', help='Do not show log messages for these entities'),
    flags.Flag(('include-module',), 'list', help='Only show messages of these logging modules'),
    flags.Flag(('exclude-module',), 'list', help='Do not show messages of these modules'),
    flags.Flag(('include-label', 'include-labels'), 'list', help='Accepted for Juju: no labels'),
    flags.Flag(('exclude-label', 'exclude-labels'), 'list', help='Accepted for Juju: no labels'),
    flags.Flag(
        ('l', 'level'), help='Log level to show, or higher: TRACE DEBUG INFO WARNING ERROR'
    ),
    flags.Flag(('n', 'lines'), 'int', 10, 'Show this many of the most recent lines, and follow'),
    flags.Flag(('limit',), 'int', 0, 'Show this many of the most recent lines and then exit'),
    flags.Flag(('replay',), 'bool', help='Show the entire log and continue to append new lines'),
    flags.Flag(('tail',), 'bool', help='Show existing log messages and wait for new logs'),
    flags.Flag(('no-tail',), 'bool', help='Show existing log messages and then exit'),
    flags.Flag(('date',), 'bool', help='Show dates as well as times'),
    flags.Flag(('ms',), 'bool', help='Show times to millisecond precision'),
    flags.Flag(('location',), 'bool', help='Accepted for Juju: no locations'),
    flags.Flag(('color',), 'bool', help='Force use of ANSI color codes'),
    flags.Flag(('retry',), 'bool', help='Accepted for Juju, without effect'),
    flags.Flag(('retry-delay',), help='Accepted for Juju, without effect'),
    table.formats('text', 'json')[0],
    table.UTC,
)
LEVELS = ('TRACE', 'DEBUG', 'INFO', 'WARNING', 'ERROR')


def run(session: session.Session) -> int:
    """Print the lines, and go on with new ones when that is asked for."""
    session.parsed.at_most(0)
    asked = session.flags
    level = asked['level'].upper()
    if level and level not in LEVELS:
        listed = ', '.join(f'"{name}"' for name in LEVELS)
        raise errors.UsageError(f'level value "{asked["level"]}" is not one of {listed}')
    if asked['tail'] and asked['no-tail']:
        raise errors.UsageError('setting --tail and --no-tail not valid')
    limited = 'limit' in session.parsed.spelled
    follow = asked['tail'] or (sys.stdout.isatty() and not asked['no-tail'] and not limited)
    if limited:
        count = asked['limit']
    elif asked['replay'] or (not follow and 'lines' not in session.parsed.spelled):
        count = 0
    else:
        count = asked['lines']
    color = output.wants_color({**asked, 'no-color': asked['format'] == 'json'})

    def show(event: dict[str, Any]) -> None:
        text = ''.join(line(each, session, color=color) for each in event.get('lines', ()))
        session.write(text)
        sys.stdout.flush()

    session.ask(
        'debug_log',
        show,
        count=count,
        follow=follow,
        level=level,
        include=arguments.comma_list(asked['include']),
        exclude=arguments.comma_list(asked['exclude']),
        include_module=arguments.comma_list(asked['include-module']),
        exclude_module=arguments.comma_list(asked['exclude-module']),
    )
    return 0


def line(record: dict[str, Any], session: session.Session, *, color: bool = False) -> str:
    """Return one record as ``unit-app-0: 12:34:56 INFO unit.app/0.juju-log message``."""
    stamp = _time(record['time'], session)
    if session.flags['format'] == 'json':
        return formats.json_text(
            {
                'timestamp': formats.rfc3339(record['time']),
                'entity': record['entity'],
                'level': record['level'],
                'module': record['module'],
                'location': '',
                'message': record['message'],
            }
        )
    level = output.level(record['level']) if color else record['level']
    return f'{record["entity"]}: {stamp} {level} {record["module"]} {record["message"]}\n'


def _time(seconds: float, session: session.Session) -> str:
    moment = time.gmtime(seconds) if session.flags['utc'] else time.localtime(seconds)
    text = time.strftime('%Y-%m-%d %H:%M:%S' if session.flags['date'] else '%H:%M:%S', moment)
    return f'{text}.{int(seconds % 1 * 1000):03}' if session.flags['ms'] else text
