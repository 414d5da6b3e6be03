"""The processes that belong to a folder: to see that nothing is left, and to leave nothing."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections.abc import Generator
from pathlib import Path

import waiting


def of(folder: Path) -> dict[int, str]:
    """Return the processes that *folder* appears in: pid and command line.

    Their command line, working directory or environment names it. Source: proc(5).
    """
    found: dict[int, str] = {}
    needle = os.fsencode(folder)
    for entry in Path('/proc').iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        with contextlib.suppress(OSError):  # it ended meanwhile, or is another user's
            command = (entry / 'cmdline').read_bytes()
            where = os.fsencode((entry / 'cwd').readlink())
            if needle in command + b'\0' + where + b'\0' + (entry / 'environ').read_bytes():
                found[int(entry.name)] = command.replace(b'\0', b' ').decode(errors='replace')
    return found


def is_running(pid: int) -> bool:
    """Tell whether a process is there and not a zombie: pid 1 may take its time to reap."""
    try:
        stat = Path(f'/proc/{pid}/stat').read_text()
    except OSError:
        return False
    return stat.rpartition(')')[2].split()[0] != 'Z'


def children(pid: int) -> list[int]:
    """Return the children of a process that are running. Source: proc(5)."""
    found = Path(f'/proc/{pid}/task/{pid}/children').read_text().split()
    return [child for child in map(int, found) if is_running(child)]


@contextlib.contextmanager
def recorded() -> Generator[set[str], None, None]:
    """Give every command line that is seen during a block, whoever's it is."""
    seen: set[str] = set()
    is_over = threading.Event()

    def look() -> None:
        while not is_over.is_set():
            for entry in Path('/proc').iterdir():
                if entry.name.isdigit():
                    with contextlib.suppress(OSError):
                        seen.add((entry / 'cmdline').read_bytes().decode(errors='replace'))
            is_over.wait(0.01)

    looking = threading.Thread(target=look, daemon=True)
    looking.start()
    try:
        yield seen
    finally:
        is_over.set()
        looking.join()


def end_all_of(folder: Path) -> list[str]:
    """Kill what still runs of *folder* after a moment, and return what that was."""
    with contextlib.suppress(AssertionError):
        waiting.wait_for(lambda: not of(folder), timeout=5)
    return [f'{pid}: {command}' for pid, command in kill_all_of(folder).items()]


def kill_all_of(folder: Path) -> dict[int, str]:
    """Kill what runs of *folder* now, all at once, and return what that was."""
    found = of(folder)
    for pid in found:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    return found
