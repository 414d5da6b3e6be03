"""What ``debug-hooks`` and ``debug-code`` share: the tmux session of a unit."""

from __future__ import annotations

import os
import shutil
import sys
from typing import NoReturn

from .. import errors, names
from . import session

_WAITING = 'printf "%s\\n" "Hooks and actions open here as windows, when they are to run." ""'


def check(session: session.Session) -> None:
    """Look whether a unit is named.

    Raises:
        UsageError: In Juju's words.
    """
    if not session.args:
        raise errors.UsageError('no unit name specified')
    target = session.args[0]
    if not (names.is_unit(target) or target.endswith('/leader')):
        raise errors.UsageError(f'"{target}" is not a valid unit name')


def follow(session: session.Session, at: str = '') -> NoReturn:
    """Become the terminal of the unit's debug session, which ends with its last terminal.

    Args:
        session: Names the unit, and its hooks and actions; none or ``*`` are all.
        at: Breakpoints, where programs run by themselves; '' to get a shell for each.

    Raises:
        Error: If it can't begin.
    """
    target, *wanted = session.args
    tmux = shutil.which('tmux')
    if tmux is None:
        raise errors.Error(
            'cannot open a debug session: no program "tmux"; run "apt-get install tmux"'
        )
    place = session.ask('debug_hooks', unit=target, names=[] if '*' in wanted else wanted, at=at)
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise errors.Error('cannot open a debug session: it needs a terminal')
    if place['attached']:
        session.say('Found existing debug sessions, attaching to it')
    shell = os.environ.get('SHELL') or '/bin/bash'
    argv = [
        *(*place['argv'], tmux, '-S', place['server']),
        *('new-session', '-A', '-s', place['unit'], '-c', place['cwd']),
        *('/bin/sh', '-c', f'{_WAITING}; exec "$0"', shell),
        *(';', 'set-option', 'destroy-unattached', 'on'),
    ]
    # Of another tmux, in which this one is a window, we want no word.
    env = {name: value for name, value in os.environ.items() if name not in ('TMUX', 'TMUX_PANE')}
    sys.stdout.flush()
    os.chdir('/')
    os.execvpe(argv[0], argv, env)  # noqa: S606  # no shell
