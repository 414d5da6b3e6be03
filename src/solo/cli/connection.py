"""The way to the controller: finds it, or starts it, and asks it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .. import folders, wire

Call = Callable[[str, wire.Json, Callable[[wire.Json], None] | None], Any]


def call(verb: str, params: wire.Json, on_event: Callable[[wire.Json], None] | None = None) -> Any:
    """Ask the controller of this user's data directory; start it if none answers.

    Raises:
        errors.Error: What the controller answered, or why it can't be reached.
    """
    data = folders.data()
    socket = folders.socket(data)
    try:
        # A connection of its own: a request that was sent is never sent twice.
        wire.connect(socket).close()
    except wire.Unreachable:
        from ..controller import process

        socket = process.ensure_running(data)
    return wire.call(socket, verb, params, on_event)
