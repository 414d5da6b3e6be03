"""``scp``: copy files to and from the places of units and machines."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from .. import errors, flags
from . import session, table

COMMAND = table.command(
    'scp',
    '<source> <destination>',
    """\
A file elsewhere is [user@]target:path, where a target is a machine, a unit or application/leader.
A relative path begins in the machine's folder. "--" comes before options of scp, such as -r.""",
    flags.Flag(('container',), help='Accepted for Juju: for Kubernetes only'),
    flags.Flag(('no-host-key-checks',), 'bool', help='Accepted for Juju: no keys are involved'),
    flags.Flag(('proxy',), 'bool', help='Accepted for Juju: there is no network between'),
)
INTERSPERSED = False
_REMOTE = re.compile(r'^(?:[^@/:]+@)?(\d+|[a-z][a-z0-9-]*/(?:\d+|leader)):(.*)$')


def run(session: session.Session) -> int:
    """Copy; the exit code is that of the copying."""
    options = [word for word in session.args if word.startswith('-') and word != '--']
    paths = [word for word in session.args if not word.startswith('-')]
    if len(paths) < 2:
        raise errors.UsageError('at least two arguments required')
    copied = [_local(session, path) for path in paths]
    flag = ['-r'] if any(word.startswith('-') and 'r' in word for word in options) else []
    return subprocess.run(['cp', *flag, '--', *copied], check=False).returncode


def _local(session: session.Session, text: str) -> str:
    found = _REMOTE.match(text)
    if found is None:
        return text
    place = session.ask('ssh', target=found[1])
    return f'{place.get("root", "")}{Path(place["cwd"], found[2] or ".")}'
