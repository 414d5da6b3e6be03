"""Take the terminal of a new tmux window, then become the shell or the program to be debugged.

A program of its own, without imports of solo, that runs as the hook: ``window.py SERVER SESSION
NAME SHELL [PROGRAM...]``, where SHELL is what an interactive shell reads first, '' to run the
program in the window. A terminal belongs to one session of processes, so the window's own process
lets go of it (``window.py hold PID``) and stays only until the hook has ended.

Source: tty_ioctl(4), credentials(7), tmux(1).
"""

from __future__ import annotations

import fcntl
import os
import select
import signal
import subprocess
import sys
import termios
import time

_PATIENCE = 10.0  # seconds for the window to let go


def hold(pid: int) -> None:
    """Keep the window, without its terminal, until process *pid* has ended."""
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    ended = os.pidfd_open(pid)
    fcntl.ioctl(0, termios.TIOCNOTTY)
    select.select([ended], [], [])


def window(server: str, session: str, name: str) -> int | None:
    """Open a window and return its terminal, ours from now on; None: the session has ended."""
    holder = [sys.executable, '-IS', os.path.abspath(__file__), 'hold', str(os.getpid())]
    made = subprocess.run(
        [
            *('tmux', '-S', server, 'new-window', '-P', '-F', '#{pane_tty}'),
            *('-t', f'={session}:', '-n', name, *holder),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    if made.returncode:
        return None
    if os.getsid(0) != os.getpid():
        os.setsid()
    deadline = time.monotonic() + _PATIENCE
    try:
        terminal = os.open(made.stdout.strip(), os.O_RDWR | os.O_NOCTTY)
        while True:
            try:
                fcntl.ioctl(terminal, termios.TIOCSCTTY, 0)
                return terminal
            except PermissionError:  # it is the holder's still
                if time.monotonic() > deadline:
                    return None
                time.sleep(0.01)  # a poll with a deadline: letting go has no other sign
    except OSError:
        return None


def main() -> None:
    """Be the holder of a window, or the hook."""
    if sys.argv[1] == 'hold':
        hold(int(sys.argv[2]))
        return
    server, session, name, shell, *program = sys.argv[1:]
    terminal = window(server, session, name)
    if terminal is not None:
        for stream in range(3):
            os.dup2(terminal, stream)
        os.environ['TMUX'] = f'{server},0,0'
        if shell:
            program = ['/bin/bash', '--noprofile', '--init-file', shell, '-i']
    if program:
        os.execv(program[0], program)  # noqa: S606  # no shell


if __name__ == '__main__':
    main()
