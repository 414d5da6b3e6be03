"""``export-bundle``: the model as a bundle.

Source: juju: cmd/juju/model/exportbundle.go.
"""

from __future__ import annotations

import os

from .. import errors, flags
from . import session, table

COMMAND = table.command(
    'export-bundle',
    '',
    """\
Charms are named as the model has them, "local:name-0". deploy finds such a charm here again; for
another controller put its path or its name in a store in that place.""",
    flags.Flag(('filename',), help='Bundle file'),
    flags.Flag(
        ('include-charm-defaults',),
        'bool',
        help='Whether to include charm config default values in the exported bundle',
    ),
    flags.Flag(('include-series',), 'bool', help='Accepted for Juju: bases are always there'),
)


def run(session: session.Session) -> int:
    """Print the bundle, or write it to a file."""
    session.parsed.at_most(0)
    defaults = session.flags['include-charm-defaults']
    text = session.ask('export_bundle', defaults=defaults)['bundle']
    path = session.flags['filename']
    if not path:
        session.write(text)
        return 0
    try:
        with open(os.path.expanduser(path), 'w', encoding='utf-8') as file:
            os.fchmod(file.fileno(), 0o600)
            file.write(text)
    except OSError as error:
        raise errors.Error(
            f'while creating local file: open {path}: {(error.strerror or str(error)).lower()}'
        ) from error
    session.write(f'Bundle successfully exported to {path}\n')
    return 0
