"""Keep one service running, one copy of it, whoever else dies.

supervisord starts one keeper per service. The keeper holds a lock, starts the service, reaps
whatever becomes an orphan below it (the postmaster, which Patroni starts detached) and starts
the service again when it ended. When supervisord is killed the keeper and the service go on; a
new supervisord's keeper finds the lock taken and waits for it, so there is never a second copy.
Told to end, a waiting keeper passes that on to the one that holds the lock.

It imports next to nothing, and nothing of the charm: it runs for as long as the service does.

Usage: ``python -I -S keeper.py LOCK LOG COMMAND...``
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import os
import signal
import sys
import time
from types import FrameType

_SET_PARENT_DEATH_SIGNAL = 1
_SET_CHILD_SUBREAPER = 36
_LONG_LIFE = 10.0
_LONGEST_PAUSE = 5.0
_LOG_BYTES = 10 * 1024 * 1024


class _Told:
    """What signals have told the keeper."""

    is_to_end = False
    pass_on_to = 0


def _end(_number: int, _frame: FrameType | None) -> None:
    _Told.is_to_end = True
    if _Told.pass_on_to:
        _signal(_Told.pass_on_to)


def _signal(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)


def _prctl(option: int, value: int) -> None:
    # Source: prctl(2). There is no such call in Python's standard library.
    ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0)


def _take(path: str) -> int:
    """Return the open lock *path* once it is ours; end when told to while waiting."""
    lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        _Told.pass_on_to = int(os.pread(lock, 20, 0) or b'0')
        if _Told.is_to_end and _Told.pass_on_to:
            _signal(_Told.pass_on_to)
        fcntl.flock(lock, fcntl.LOCK_EX)
        _Told.pass_on_to = 0
    if _Told.is_to_end:
        sys.exit(0)
    os.ftruncate(lock, 0)
    os.pwrite(lock, str(os.getpid()).encode(), 0)
    return lock


def _open_log(path: str) -> int:
    """Return the open log *path*; what is long already becomes ``<path>.1``."""
    with contextlib.suppress(FileNotFoundError):
        if os.stat(path).st_size > _LOG_BYTES:
            os.rename(path, path + '.1')
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)


def _start(command: list[str], log: str) -> int:
    output = _open_log(log)
    parent = os.getpid()
    pid = os.fork()
    if pid == 0:
        # A keeper that is killed takes the service with it: its successor starts it again.
        _prctl(_SET_PARENT_DEATH_SIGNAL, signal.SIGKILL)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        if os.getppid() != parent:
            os._exit(1)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(output, 1)
        os.dup2(output, 2)
        try:
            os.execv(command[0], command)  # noqa: S606 - no shell is what we want
        except OSError as error:
            os.write(2, f'cannot start {command[0]}: {error.strerror}\n'.encode())
        os._exit(127)
    os.close(output)
    return pid


def _wait(pid: int) -> None:
    """Wait until *pid* has ended, reaping every other child meanwhile."""
    while True:
        _Told.pass_on_to = pid
        if _Told.is_to_end:
            _signal(pid)
        ended, _ = os.waitpid(-1, 0)
        if ended == pid:
            _Told.pass_on_to = 0
            return


def main(lock_path: str, log: str, command: list[str]) -> None:
    """Hold *lock_path* and keep *command* running until told to end.

    Args:
        lock_path: File whose lock says who keeps the service; holds the keeper's process id.
        log: File to which the service's output is appended.
        command: The service, with its absolute path.
    """
    signal.signal(signal.SIGTERM, _end)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    _prctl(_SET_CHILD_SUBREAPER, 1)
    lock = _take(lock_path)
    pause = 0.0
    while not _Told.is_to_end:
        begin = time.monotonic()
        _wait(_start(command, log))
        pause = 0.1 if time.monotonic() - begin > _LONG_LIFE else min(pause * 2, _LONGEST_PAUSE)
        pause = pause or 0.1
        if not _Told.is_to_end:
            time.sleep(pause)
    os.close(lock)


if __name__ == '__main__':
    main(sys.argv[1], sys.argv[2], sys.argv[3:])
