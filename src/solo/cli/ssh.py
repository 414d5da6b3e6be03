"""``ssh``: a shell, or a command, where a unit lives."""

from __future__ import annotations

import os
import re
import sys

from .. import errors
from . import session, table

COMMAND = table.command(
    'ssh',
    '<[user@]target> [command]',
    """\
A target is a machine, a unit, or application/leader. The command runs as the caller, in the
machine's folder; its exit code is handed on.""",
    *table.REMOTE,
    table.PTY,
)
INTERSPERSED = False
_TARGET = re.compile(r'^(?:[^@/]+@)?(\d+(?:/[a-z]+/\d+)*|[a-z][a-z0-9-]*/(?:\d+|leader))$')


def run(session: session.Session) -> int:
    """Become the command: this process ends with it, and with its exit code."""
    if not session.args:
        raise errors.UsageError('no target name specified')
    name, *words = session.args
    if words[:1] == ['--']:  # ssh(1) takes it as the end of its own flags
        del words[0]
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
