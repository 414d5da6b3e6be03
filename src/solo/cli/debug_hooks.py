"""``debug-hooks``: a shell in the place of each hook and action of a unit."""

from __future__ import annotations

from . import debugging, session, table

COMMAND = table.command(
    'debug-hooks',
    '<unit name> [hook or action names]',
    """\
Opens tmux, and a window in it for each hook or action that is to run from now on, or for those
named. The window is a shell in the charm's folder with the hook's environment and commands: run
./dispatch or hooks/NAME there by hand. The unit waits until the shell ends; "exit 1" lets the hook
fail. Leaving the session (by detaching, or "tmux kill-session") ends it: what waited then runs
by itself.

A unit is app/0, or app/leader. "*" stands for all hooks and actions.""",
    *table.REMOTE,
    table.PTY,
)


def run(session: session.Session) -> int:
    """Become the session."""
    debugging.check(session)
    debugging.follow(session)
