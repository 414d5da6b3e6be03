"""``secrets``: the secrets of the model."""

from __future__ import annotations

import time
from datetime import datetime
from typing import Any

from .. import flags
from . import output, session, show_secret, table

COMMAND = table.command(
    'secrets',
    '',
    '',
    *table.formats('tabular', 'json', 'yaml'),
    flags.Flag(('owner',), help='Include secrets for the specified owner: mysql, or mysql/0'),
    flags.Flag(('revisions',), 'bool', help='Show the secret revisions metadata'),
)


def run(session: session.Session) -> int:
    """Print the secrets, as a table by default; never what they hold."""
    session.parsed.at_most(0)
    found: dict[str, dict[str, Any]] = session.ask(
        'secrets', owner=_owner(session.flags['owner']), revisions=session.flags['revisions']
    )
    if session.flags['format'] != 'tabular':
        session.write(show_secret.text(found, session.flags['format']))
        return 0
    rows = [
        [
            id,
            each.get('name', '-'),
            each['owner'],
            each['rotation'],
            str(each['revision']),
            _ago(each['updated']),
        ]
        for id, each in sorted(
            found.items(), key=lambda item: (item[1]['owner'], -item[1]['revision'])
        )
    ]
    heading = ['ID', 'Name', 'Owner', 'Rotation', 'Revision', 'Last updated']
    session.write(output.table([heading, *rows], right=(4,)))
    return 0


def _owner(text: str) -> str:
    """Return an owner's name; Juju's tags, such as ``application-mysql``, are understood."""
    kind, _, name = text.partition('-')
    if kind == 'application':
        return name
    if kind == 'unit':
        application, _, number = name.rpartition('-')
        return f'{application}/{number}'
    return text


def _ago(moment: str) -> str:
    """Return how long ago that was. Source: juju: cmd/juju/common UserFriendlyDuration."""
    seconds = time.time() - datetime.fromisoformat(moment.replace('Z', '+00:00')).timestamp()
    if seconds < 60:
        return 'just now'
    for size, unit in ((86400, 'day'), (3600, 'hour'), (60, 'minute')):
        count = int(seconds // size)
        if count == 1:
            return f'1 {unit} ago'
        if count:
            return f'{count} {unit}s ago'
    return 'just now'
