"""``show-status-log``: what an entity said before."""

from __future__ import annotations

import time
from datetime import datetime, timezone
from typing import Any

from .. import errors, flags, formats, names
from . import output, session, table

COMMAND = table.command(
    'show-status-log',
    '<entity name>',
    'An entity is a unit, an application or a machine. Without -n, --days and --from-date the '
    'last 20 are shown.',
    *table.formats('tabular', 'json', 'yaml'),
    flags.Flag(('type',), default='unit', help='Type of statuses to be displayed'),
    flags.Flag(('n',), 'int', 0, 'Returns the last N logs'),
    flags.Flag(('days',), 'int', 0, 'Returns the logs for the past <days> days'),
    flags.Flag(('from-date',), help='Returns logs for any date after this one, YYYY-MM-DD'),
    *table.COLORS,
    table.UTC,
)
_KINDS = ('application', 'juju-machine', 'juju-unit', 'machine', 'model', 'unit', 'workload')
_DAY_SECONDS = 86400.0


def run(session: session.Session) -> int:
    """Print the records, oldest first."""
    entity, *surplus = session.args or ('',)
    kind = session.flags['type']
    if surplus:
        raise errors.UsageError('unexpected arguments after entity name.')
    if kind not in _KINDS:
        raise errors.UsageError(f'unexpected status type "{kind}"')
    kind = _checked(entity, kind)
    count, since = _backlog(session)
    found: dict[str, list[dict[str, Any]]] = session.ask(
        'status_log', entity=entity, kind=kind, count=count, since=since
    )
    records = found['records']
    if not records:
        raise errors.Error('no status history available')
    if session.flags['format'] != 'tabular':
        session.write(formats.text(records, session.flags['format']))
        return 0
    rows = [
        [_time(each['since'], session), each['type'], each['status'], each.get('message', '')]
        for each in records
    ]
    session.write(output.table([['Time', 'Type', 'Status', 'Message'], *rows]))
    return 0


def _checked(entity: str, kind: str) -> str:
    """Return the kind; a machine's number alone means the kind ``machine``."""
    if not entity and kind != 'model':
        raise errors.UsageError('entity name is missing.')
    if kind == 'unit' and entity.isdigit():
        return 'machine'
    if kind in ('unit', 'workload', 'juju-unit') and not names.is_unit(entity):
        raise errors.UsageError(f'"{entity}" is not a valid name for a {kind}')
    if kind == 'application' and not names.is_application(entity):
        raise errors.UsageError(f'"{entity}" is not a valid name for an application')
    if kind.endswith('machine') and not entity.isdigit():
        raise errors.UsageError(f'"{entity}" is not a valid name for a {kind}')
    return kind


def _backlog(session: session.Session) -> tuple[int, float]:
    """Return how many records are wanted, 0 for all, and after which time."""
    count, days, date = (session.flags[key] for key in ('n', 'days', 'from-date'))
    if sum(map(bool, (count, days, date))) > 1:
        raise errors.UsageError(
            'backlog size, backlog date and backlog days back cannot be specified together'
        )
    if days:
        return 0, time.time() - days * _DAY_SECONDS
    if date:
        try:
            day = datetime.strptime(date, '%Y-%m-%d').replace(tzinfo=timezone.utc)
        except ValueError as error:
            raise errors.UsageError(f'parsing backlog date: {error}') from None
        return 0, day.timestamp()
    return count or 20, 0.0


def _time(moment: str, session: session.Session) -> str:
    seconds = datetime.fromisoformat(moment.replace('Z', '+00:00')).timestamp()
    return formats.status_time(seconds, utc=session.flags['utc'])
