"""``version``: the Juju release that is spoken here."""

from __future__ import annotations

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


def run(session: session.Session) -> int:
    """Print the version, with ``--all`` as a map."""
    session.parsed.at_most(0)
    value: object = juju.VERSION
    if session.flags['all']:
        value = {
            'version': juju.VERSION,
            'git-commit': '',
            'git-tree-state': '',
            'compiler': 'cpython',
            'official': False,
            'grade': 'solo',
        }
    session.write(formats.text(value, session.flags['format']))
    return 0
