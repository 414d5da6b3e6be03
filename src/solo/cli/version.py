"""``version``: the Juju release that is spoken here."""

from __future__ import annotations

import platform

from .. import flags, formats, juju
from . import session, table

COMMAND = table.command(
    'version',
    '',
    '',
    *table.formats('smart', 'json', 'yaml'),
    flags.Flag(('all',), 'bool', help='Print all version information'),
    model=False,
)
_ARCHITECTURES = {'x86_64': 'amd64', 'aarch64': 'arm64', 'ppc64le': 'ppc64el'}


def text() -> str:
    """Return the version as ``<number>-<release>-<architecture>``."""
    machine = platform.machine()
    return f'{juju.JUJU_VERSION}-ubuntu-{_ARCHITECTURES.get(machine, machine)}'


def run(session: session.Session) -> int:
    """Print the version, with ``--all`` as a map."""
    session.parsed.at_most(0)
    value: object = text()
    if session.flags['all']:
        value = {
            'version': text(),
            'git-commit': '',
            'git-tree-state': '',
            'compiler': 'cpython',
            'official': False,
            'grade': 'solo',
        }
    session.write(formats.text(value, session.flags['format']))
    return 0
