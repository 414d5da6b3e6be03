"""Tell people what became of each of several things, in Juju's words, on stderr."""

from __future__ import annotations

from typing import Any

from . import session


def show(session: session.Session, result: dict[str, Any], done: str, failed: str) -> int:
    """Say what was done and what was not, and return the exit code.

    Args:
        session: The verb's session.
        result: The controller's answer, see ``controller/each.py``.
        done: With ``{name}``.
        failed: With ``{name}`` and ``{error}``.
    """
    for each in result['done']:
        session.say(done.format(**each))
    for each in result['failed']:
        session.say(failed.format(**each))
    return 1 if result['failed'] else 0
