"""``scp``: copy files to and from the places of units and machines."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Sequence
from pathlib import Path

from .. import errors
from . import session, table

COMMAND = table.command(
    'scp',
    '<source> <destination>',
    """\
A file elsewhere is [user@]target:path, where a target is a machine, a unit or application/leader.
A relative path begins in the machine's folder. "--" comes before options of scp, such as -r.""",
    *table.REMOTE,
)
INTERSPERSED = False
_WITH_VALUE = tuple('cDFiJloPSX')
_REMOTE = re.compile(r'^(?:[^@/:]+@)?(\d+|[a-z][a-z0-9-]*/(?:\d+|leader)):(.*)$')


def run(session: session.Session) -> int:
    """Copy; the exit code is that of the copying."""
    options, paths = _told_apart(session.args)
    if len(paths) < 2:
        raise errors.UsageError('at least two arguments required')
    copied = [_local(session, path) for path in paths]
    flag = ['-r'] if any('r' in word for word in options) else []
    return subprocess.run(['cp', *flag, '--', *copied], check=False).returncode


def _told_apart(words: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return options of scp, without their values, and paths. Source: scp(1)."""
    options: list[str] = []
    paths: list[str] = []
    left = iter(words)
    for word in left:
        if not word.startswith('-') or word == '-':
            paths.append(word)
        elif word != '--':
            options.append(word)
            if word[1:] in _WITH_VALUE:
                next(left, '')
    return options, paths


def _local(session: session.Session, text: str) -> str:
    found = _REMOTE.match(text)
    if found is None:
        return text
    place = session.ask('ssh', target=found[1])
    return f'{place.get("root", "")}{Path(place["cwd"], found[2] or ".")}'
