"""``machine``: the power switches and the cables of machines, to break them on purpose."""

from __future__ import annotations

from typing import Any

from .. import errors, flags, formats
from . import output, session, table

COMMAND = table.command(
    'machine',
    'list | kill|stop|start|freeze|thaw|cut|heal <machine>',
    """\
list    show the machines, with what is off, frozen or cut
kill    cut the power: every process ends at once
stop    shut down: processes are asked to end first
start   switch on; the first hook of its units is "start"
freeze  stop every process where it is, until thaw
thaw    let them go on
cut     cut the cable: nothing gets in or out; --from, --only and --one-way make the cut smaller,
        and several cuts add up
heal    mend all that is cut of the machine's cable

For machines of the provider "namespace": solo add-model <name> --config provider=namespace""",
    flags.Flag(('from',), help='Cut only what is between the machine and this one'),
    flags.Flag(('only',), 'int', help='Cut only TCP and UDP of this port, at either end'),
    flags.Flag(('one-way',), 'bool', help='Cut only what comes in, not what the machine sends'),
    *table.formats('tabular', 'json', 'yaml'),
)
_SWITCHES = ('kill', 'stop', 'start', 'freeze', 'thaw', 'cut', 'heal')
_HEADING = ('Machine', 'Power', 'Address', 'Provider', 'Cut', 'Units')


def run(session: session.Session) -> int:
    """Do what is asked with the machine."""
    what, name = session.parsed.at_most(2)
    if what in ('list', ''):
        if name:
            raise errors.UsageError(f'unrecognized args: ["{name}"]')
        return _list(session)
    if what not in _SWITCHES:
        raise errors.UsageError(f'unrecognized command: machine {what}')
    if not name.isdigit():
        raise errors.UsageError(
            f'invalid machine "{name}"' if name else f'no machine: machine {what} <number>'
        )
    port = session.flags['only']
    if port is not None and not 0 < port < 65536:
        raise session.parsed.invalid('only', 'no port')
    given = [each for each in ('from', 'only', 'one-way') if each in session.parsed.spelled]
    if given and what != 'cut':
        raise errors.UsageError(f'--{given[0]} is for "machine cut"')
    session.ask(
        'machine',
        what=what,
        machine=name,
        other=session.flags['from'] or None,
        port=port,
        one_way=session.flags['one-way'],
    )
    return 0


def _list(session: session.Session) -> int:
    found: dict[str, Any] = session.ask('machine', what='list')
    if session.flags['format'] != 'tabular':
        session.write(formats.text({'machines': found}, session.flags['format']))
        return 0
    rows = [
        (
            name,
            each['power'],
            each['address'],
            each['provider'],
            '; '.join(_words(cut) for cut in each['cut']) or '-',
            ', '.join(each['units']),
        )
        for name, each in found.items()
    ]
    session.write(output.table([_HEADING, *rows]))
    return 0


def _words(cut: dict[str, Any]) -> str:
    """Return a cut as a person says it: ``from 1, only port 5432, one way``."""
    words = [f'from {cut["from"]}'] if 'from' in cut else []
    if 'only' in cut:
        words.append(f'only port {cut["only"]}')
    if 'one-way' in cut:
        words.append('one way')
    return ', '.join(words) or 'from all'
