"""``ssh``: a shell, or a command, where a unit lives."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Sequence

from .. import errors
from . import session, table

COMMAND = table.command(
    'ssh',
    '<[user@]target> [command]',
    """\
A target is a machine, a unit, or application/leader. The command runs as the caller, in the
machine's folder, by bash; its exit code is handed on. Options of ssh(1) before it, such as
-i FILE, have no effect: there is no network between.""",
    *table.REMOTE,
    table.PTY,
)
INTERSPERSED = False
_WITH_VALUE = tuple('BbcDEeFIiJLlmOopQRSWw')  # ssh(1)
_TARGET = re.compile(r'^(?:[^@/]+@)?(\d+(?:/[a-z]+/\d+)*|[a-z][a-z0-9-]*/(?:\d+|leader))$')


def command(words: Sequence[str]) -> list[str]:
    """Return the words of a command without the options of ssh(1) before it."""
    left = list(words)
    while left and left[0].startswith('-'):
        word = left.pop(0)
        if word == '--':
            break
        if word[1:] in _WITH_VALUE:
            del left[:1]
    return left


def run(session: session.Session) -> int:
    """Become the command: this process ends with it, and with its exit code."""
    if not session.args:
        raise errors.UsageError('no target name specified')
    name, *rest = session.args
    words = command(rest)
    found = _TARGET.match(name)
    if found is None:
        raise errors.UsageError(f'invalid target name "{name}"')
    place = session.ask('ssh', target=found[1])
    shell = os.environ.get('SHELL') or '/bin/bash'
    argv = [*place.get('argv', ()), *(['/bin/bash', '-c', ' '.join(words)] if words else [shell])]
    sys.stdout.flush()
    try:
        os.chdir(place['cwd'])
        os.execvpe(argv[0], argv, {**os.environ, **place.get('env', {})})  # noqa: S606  # no shell
    except OSError as error:
        raise errors.Error(f'cannot run "{argv[0]}": {error.strerror}') from error
