"""``debug-code``: hooks and actions run in windows of tmux, and stop at breakpoints."""

from __future__ import annotations

from .. import flags
from . import debugging, session, table

COMMAND = table.command(
    'debug-code',
    '<unit name> [hook or action names]',
    """\
Opens tmux, and runs each hook or action from now on, or those named, in a window of its own with
JUJU_DEBUG_AT set: a charm made with ops then stops before its handler, or where it calls
self.framework.breakpoint(), in the Python debugger. The window closes with the hook.

A unit is app/0, or app/leader. "*" stands for all hooks and actions.""",
    *table.REMOTE,
    table.PTY,
    flags.Flag(('at',), default='all', help='Interactive breakpoints, separated by commas'),
)


def run(session: session.Session) -> int:
    """Become the session."""
    debugging.check(session)
    debugging.follow(session, session.flags['at'])
