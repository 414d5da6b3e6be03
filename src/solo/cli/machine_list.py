"""What ``machines`` and ``show-machine`` print: the machines of the status."""

from __future__ import annotations

from typing import Any

from .. import errors, formats
from . import output, session, status_tabular


def show(session: session.Session, wanted: tuple[str, ...]) -> int:
    """Print the machines that are *wanted*, or all of them.

    Raises:
        Error: ``machine 7 not found``.
    """
    status: dict[str, Any] = session.ask('status', utc=session.flags['utc'])
    machines: dict[str, Any] = status['machines']
    for name in wanted:
        if name not in machines:
            raise errors.Error(f'machine {name} not found', 'not found')
    shown = {name: machines[name] for name in wanted or machines}
    style = session.flags['format']
    if style != 'tabular':
        whole = {'model': status['model']['name'], 'machines': shown}
        session.write(formats.text(whole, style))
    elif not shown:
        session.say('No machines to display.')
    else:
        color = output.wants_color(session.flags)
        session.write(status_tabular.machines_text(shown, color))
    return 0
