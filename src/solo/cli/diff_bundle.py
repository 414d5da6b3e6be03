"""``diff-bundle``: what differs between a bundle and the model.

Source: juju: cmd/juju/application/diffbundle.go.
"""

from __future__ import annotations

import os
import sys
from typing import Any

from .. import errors, flags, formats
from ..bundle import document
from . import bundle, session, table

COMMAND = table.command(
    'diff-bundle',
    '<bundle file>',
    """\
The charm of an application is compared as it is written: one that is a path differs from the
model's "local:name-0", which is what export-bundle writes.""",
    flags.Flag(('overlay',), 'list', help='Bundles to overlay on the primary bundle, in order'),
    flags.Flag(
        ('map-machines',), help="Which machines are the bundle's: <bundle-id>=<machine-id>"
    ),
    flags.Flag(('annotations',), 'bool', help='Accepted for Juju: there are no annotations'),
    flags.Flag(('arch',), help='Accepted for Juju: for bundles of a store'),
    flags.Flag(('base',), help='Accepted for Juju: for bundles of a store'),
    flags.Flag(('channel',), help='Accepted for Juju: for bundles of a store'),
)


def run(session: session.Session) -> int:
    """Print the differences as YAML; ``{}`` if there are none."""
    given, *_ = session.parsed.at_most(1)
    if not given:
        raise errors.UsageError('no bundle specified')
    path = document.find(os.path.abspath(os.path.expanduser(given)))
    if path is None:
        raise errors.Error(f'couldn\'t interpret "{given}" as a local bundle')
    _, machines = bundle.machine_map(session.flags['map-machines'])
    loaded = bundle.load(session, path)
    _warn_of_open_ends(loaded)
    found = session.ask('diff_bundle', session.progress, bundle=loaded, machines=machines)
    session.write(formats.yaml(found, ordered=True) or '{}\n')
    return 0


def _warn_of_open_ends(loaded: dict[str, Any]) -> None:
    open_ends = [
        f'[{", ".join(map(str, pair))}]'
        for pair in loaded.get('relations') or ()
        if any(':' not in str(end) for end in pair)
    ]
    if open_ends:
        listed = '\n - '.join(open_ends)
        print(
            'WARNING The provided bundle includes relations without explicit endpoints, which '
            'may appear as extra entries in the diff output.\nTo avoid this in the future, update '
            f'the endpoints for the following bundle relations:\n - {listed}\n',
            file=sys.stderr,
        )
