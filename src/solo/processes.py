"""Processes by pid and start time, so that a number used again is never mistaken."""

from __future__ import annotations

import contextlib
import os
import select
import signal


def start_time(pid: int) -> float | None:
    """Return when process *pid* started, in clock ticks since boot, or None if it isn't there.

    Source: proc(5), ``/proc/<pid>/stat`` field 22; a zombie counts as gone.
    """
    fields = stat(pid)
    return None if fields is None or fields[0] == 'Z' else float(fields[19])


def end(pid: int, started: float | None) -> bool:
    """Kill process *pid* and its descendants, if it is still the one that started then.

    Services that a hook left behind have another parent by now, and live on.

    Returns:
        Whether there was something to kill.
    """
    if started is None or start_time(pid) != started:
        return False
    for child in [*_descendants(pid), pid]:
        with contextlib.suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
    with contextlib.suppress(OSError):
        descriptor = os.pidfd_open(pid)
        try:
            select.select([descriptor], [], [], 10.0)
        finally:
            os.close(descriptor)
    return True


def is_part_of(pid: int, root: int) -> bool:
    """Tell whether process *pid* is *root*, descends from it, or is in the session that it leads.

    A child whose parent ended has another one by now, and still its session.
    """
    while pid > 1:
        fields = stat(pid)
        if fields is None:
            return False
        if root in (pid, int(fields[3])):
            return True
        pid = int(fields[1])
    return False


def _descendants(pid: int) -> list[int]:
    children: dict[int, list[int]] = {}
    for name in os.listdir('/proc'):
        fields = stat(int(name)) if name.isdigit() else None
        if fields is not None:
            children.setdefault(int(fields[1]), []).append(int(name))
    found: list[int] = []
    queue = [pid]
    while queue:
        queue = [child for parent in queue for child in children.get(parent, ())]
        found += queue
    return found


def stat(pid: int) -> list[str] | None:
    """Return the fields of ``/proc/<pid>/stat`` from the state on, None if it isn't there."""
    try:
        with open(f'/proc/{pid}/stat', encoding='utf-8', errors='replace') as file:
            return file.read().rpartition(')')[2].split()
    except OSError:
        return None
