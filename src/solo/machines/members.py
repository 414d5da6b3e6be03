"""The processes of a namespace machine, as the host sees them: found, frozen, thawed, ended.

Source: pid_namespaces(7), proc(5), nsenter(1).
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import time
from collections.abc import Iterable

from .. import errors, processes

_SETTLE_SECONDS = 10.0


def of(init: int) -> dict[int, str]:
    """Return the machine's processes with their states, those that are just entering too.

    Args:
        init: The machine's process 1.
    """
    inside = _namespace(init)
    parents: dict[int, int] = {}
    states: dict[int, str] = {}
    found: set[int] = set()
    for name in os.listdir('/proc'):
        fields = processes.stat(int(name)) if name.isdigit() else None
        if fields is None:
            continue
        pid = int(name)
        states[pid], parents[pid] = fields[0], int(fields[1])
        if inside and (_namespace(pid) == inside or _enters(pid, init)):
            found.add(pid)
    # A namespace within the namespace has another number, but the same ancestors.
    grew = bool(found)
    while grew:
        below = {pid for pid, parent in parents.items() if parent in found} - found
        grew = bool(below)
        found |= below
    return {pid: states[pid] for pid in found if states[pid] != 'Z'}


def freeze(init: int) -> None:
    """Stop every process until :func:`thaw`, new ones too.

    Raises:
        Error: If they don't all stop in time.
    """
    deadline = time.monotonic() + _SETTLE_SECONDS
    quiet = 0
    while quiet < 2:  # one that was being started when we looked is there the second time
        moving = [pid for pid, state in of(init).items() if state not in 'Tt']
        quiet = 0 if moving else quiet + 1
        _signal(moving, signal.SIGSTOP)
        if time.monotonic() > deadline:
            raise errors.Error(f'cannot freeze the processes {moving}')
        time.sleep(0.02)  # a poll with a deadline: stopping has no other sign


def thaw(init: int) -> None:
    """Let the processes go on; those that enter from outside after those that they wait for.

    An ``nsenter`` stops itself when it hears that its child was stopped, perhaps only now: it is
    sent on its way until it stays there, or the hook that it waits for would never end.
    Source: util-linux: ``sys-utils/nsenter.c`` (``continue_as_child``).
    """
    deadline = time.monotonic() + _SETTLE_SECONDS
    quiet = 0
    while quiet < 5 and time.monotonic() < deadline:
        stopped = [pid for pid, state in of(init).items() if state == 'T']
        quiet = 0 if stopped else quiet + 1
        inside = _namespace(init)
        _signal([pid for pid in stopped if _namespace(pid) == inside], signal.SIGCONT)
        _signal(stopped, signal.SIGCONT)
        time.sleep(0.02)  # a poll with a deadline: stopping has no other sign


def ask_to_end(init: int, patience: float) -> None:
    """Send SIGTERM to all but process 1, and wait until they have ended, or *patience* is over."""
    deadline = time.monotonic() + patience
    asked: set[int] = set()
    while time.monotonic() < deadline:
        left = {pid for pid in of(init) if pid != init and not _enters(pid, init)}
        if not left:
            return
        _signal(left - asked, signal.SIGTERM)
        asked |= left
        time.sleep(0.05)  # a poll with a deadline: they are not our children


def kill(init: int) -> None:
    """End process 1, and by that all others: this returns when none is left.

    Raises:
        Error: If one doesn't end, which is a matter of the kernel.
    """
    entering = [pid for pid in of(init) if _enters(pid, init)]
    with contextlib.suppress(ProcessLookupError):
        descriptor = os.pidfd_open(init)
        try:
            os.kill(init, signal.SIGKILL)
            # It is gone only after everything in its namespace is.
            if not select.select([descriptor], [], [], 60.0)[0]:
                raise errors.Error(f'cannot end process {init} and those of its machine')
        finally:
            os.close(descriptor)
    _signal(entering, signal.SIGCONT)  # a frozen one would never notice that its child is gone


def _namespace(pid: int) -> str:
    try:
        return os.readlink(f'/proc/{pid}/ns/pid')
    except OSError:
        return ''


def _enters(pid: int, init: int) -> bool:
    """Tell whether *pid* is the ``nsenter`` that starts something in the machine."""
    try:
        with open(f'/proc/{pid}/cmdline', 'rb') as file:
            words = file.read().split(b'\0')
    except OSError:
        return False
    return words[0].endswith(b'nsenter') and f'--target={init}'.encode() in words


def _signal(pids: Iterable[int], number: signal.Signals) -> None:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)
