"""``status``: what there is in the model."""

from __future__ import annotations

import sys
import time
from typing import Any

from .. import flags, juju
from . import arguments, output, session, table

COMMAND = table.command(
    'status',
    '[<selector> [...]]',
    """\
A selector is the name of an application, a unit or a machine, with * as a wildcard, or a status
such as "blocked".""",
    *table.formats('tabular', 'json', 'line', 'oneline', 'short', 'summary', 'yaml'),
    flags.Flag(('relations', 'integrations'), 'bool', help='Show relations in tabular output'),
    flags.Flag(('storage',), 'bool', help='Show storage in tabular output'),
    flags.Flag(('watch',), help='Watch the status every period of time, such as 1s'),
    flags.Flag(('color',), 'bool', help='Use ANSI color codes in tabular output'),
    flags.Flag(('no-color',), 'bool', help='Disable ANSI color codes in tabular output'),
    flags.Flag(('retry-count',), 'int', 3, 'Accepted for Juju: the controller answers at once'),
    flags.Flag(('retry-delay',), help='Accepted for Juju: the controller answers at once'),
    table.UTC,
)
_CLEAR = '\x1b[H\x1b[2J'


def run(session: session.Session) -> int:
    """Print the status, again and again with ``--watch``."""
    if not session.flags['watch']:
        _show(session)
        return 0
    pause = max(arguments.seconds(session.parsed, 'watch', 1.0), 0.1)
    while True:
        if sys.stdout.isatty():
            sys.stdout.write(_CLEAR)
        _show(session)
        sys.stdout.flush()
        time.sleep(pause)  # the period that the operator asked for


def _show(session: session.Session) -> None:
    found: dict[str, Any] | None = session.ask('status', utc=session.flags['utc'])
    assert found is not None, 'the controller always answers with a status'
    style = session.flags['format']
    whole = found
    if session.args:
        from . import status_filter

        found = status_filter.select(whole, session.args)
        if found is None:
            if style in ('json', 'yaml'):
                found = {**whole, 'applications': {}, 'machines': {}}
                session.write(render(found, style, session))
            session.say(f'Nothing matched specified filter{"s" * (len(session.args) > 1)}.')
            return
    session.write(render(found, style, session))
    if not session.args and not (found['applications'] or found['machines']):
        session.say(f'\nModel "{juju.USER}/{found["model"]["name"]}" is empty.')


def render(found: dict[str, Any], style: str, session: session.Session) -> str:
    """Return a status in *style*, which is one of ``--format``."""
    if style in ('json', 'yaml'):
        from .. import formats

        public = {key: value for key, value in found.items() if not key.startswith('_')}
        return formats.text(public, style)
    if style == 'tabular':
        from . import status_tabular

        return status_tabular.text(
            found,
            relations=session.flags['integrations'],
            storage=session.flags['storage'],
            color=output.wants_color(session.flags),
        )
    from . import status_text

    return status_text.summary(found) if style == 'summary' else status_text.oneline(found)
