"""``deploy`` of a bundle: read it, ask for it, and print what is done as Juju does.

Source: juju: cmd/juju/application/deployer/bundlehandler.go.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from .. import errors
from ..bundle import document
from . import arguments, session

_CHARM_ONLY = (
    *('attach-storage', 'base', 'bind', 'config', 'constraints', 'device'),
    *('num-units', 'resource', 'revision', 'storage', 'to'),
)


def deploy(session: session.Session, path: Path, name: str) -> int:
    """Deploy the bundle in the file *path*; *name* is what was given besides, which is too much.

    Raises:
        Error: ``cannot deploy bundle: …``.
    """
    if name:
        raise errors.UsageError(f'unrecognized args: ["{name}"]')
    given = [key for key in _CHARM_ONLY if key in session.parsed.spelled]
    if given:
        listed = ', '.join(session.parsed.spelled[key] for key in given)
        raise errors.UsageError(
            f'options provided but not supported when deploying a bundle: {listed}'
        )
    existing, machines = machine_map(session.flags['map-machines'])
    dry_run = session.flags['dry-run']
    started = time.time()
    try:
        result: dict[str, Any] = session.ask(
            'deploy_bundle',
            session.progress,
            bundle=load(session, path),
            dry_run=dry_run,
            trust=session.flags['trust'],
            force=session.flags['force'],
            existing_machines=existing,
            machines=machines,
        )
    except errors.Error as error:
        raise type(error)(f'cannot deploy bundle: {error.message}', error.code) from error
    if not result['lines']:
        session.say('No changes to apply.')
        return 0
    title = 'Changes to deploy bundle:' if dry_run else 'Executing changes:'
    session.write(''.join(f'{line}\n' for line in (title, *(f'- {x}' for x in result['lines']))))
    if dry_run:
        return 0
    session.say('Deploy of bundle completed.')
    return session.wait(*result['applications'], since=started)


def load(session: session.Session, path: Path) -> dict[str, Any]:
    """Return the bundle at *path* with the overlays of the command line.

    Raises:
        Error: If a file can't be read.
    """
    overlays = [Path(text).expanduser() for text in session.flags['overlay']]
    for overlay in overlays:
        if not overlay.is_file():
            raise errors.Error(f'unable to process overlays: "{overlay}" not found')
    return document.load(path, overlays)


def machine_map(text: str) -> tuple[bool, dict[str, str]]:
    """Return ``existing,1=2``: whether machines are taken by their numbers, and others' numbers.

    Raises:
        UsageError: In Juju's words.
    """
    existing, found = False, dict[str, str]()
    for item in arguments.comma_list(text):
        if item == 'existing':
            existing = True
            continue
        ours, equals, theirs = item.partition('=')
        if not equals:
            raise errors.UsageError(
                'error in --map-machines: expected "existing" or "<bundle-id>=<machine-id>", '
                f'got "{item}"'
            )
        for what, number in (('bundle', ours), ('machine', theirs)):
            if not number.isdigit():
                raise errors.UsageError(
                    f'error in --map-machines: {what}-id "{number}" is not a top level machine id'
                )
        found[ours] = theirs
    return existing, found
