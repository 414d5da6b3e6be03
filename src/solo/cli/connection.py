"""The way to the controller: finds it, starts it, replaces one of older code; and asks it."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .. import errors, folders, wire

_HOOK_SECONDS = 10.0  # that a running hook gets to end, before an older controller may answer
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
    else:
        if is_older(socket):
            _replace(data, socket)
    return wire.call(socket, verb, params, on_event)


def is_older(socket: Path) -> bool:
    """Tell whether the controller at *socket* was started before this program's code was made."""
    try:
        return os.stat(socket).st_mtime_ns < folders.build()
    except FileNotFoundError:
        return False  # it is just ending


def _replace(data: Path, socket: Path) -> None:
    """Stop the controller once no hook runs, and start one of this code; one caller at a time."""
    import fcntl

    from ..controller import process

    with open(data / 'replace.lock', 'a') as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if is_older(socket):
            print('Restarting the controller, which runs older code', file=sys.stderr)
            try:
                process.stop(data, _HOOK_SECONDS)
            except errors.Error:  # it still answers, and ends as soon as that hook does
                print('A hook still runs: older code answers until it ends', file=sys.stderr)
                return
        process.ensure_running(data)
