"""``destroy-controller``: end everything, and leave nothing behind."""

from __future__ import annotations

import contextlib
import os
import shutil
from pathlib import Path

from .. import errors, flags, folders
from . import arguments, controller, session, table

COMMAND = table.command(
    'destroy-controller',
    '[<controller name>]',
    """\
Ends every model, stops the controller and removes the data directory. With --release-storage
the data of charms stay in its folder "storage".""",
    table.NO_PROMPT,
    flags.Flag(('destroy-all-models',), 'bool', help='Destroy all models of the controller'),
    table.DESTROY_STORAGE,
    flags.Flag(('release-storage',), 'bool', help='Release all storage, keep its data'),
    table.FORCE,
    flags.Flag(('no-wait',), 'bool', help='With --force: do not wait for each step to complete'),
    flags.Flag(('t', 'model-timeout', 'timeout'), help='Accepted for Juju, without effect'),
    model=False,
)


def run(session: session.Session) -> int:
    """Destroy the models, stop the process, remove the folder."""
    name, *_ = session.parsed.at_most(1)
    arguments.check_controller(name)
    if session.flags['destroy-storage'] and session.flags['release-storage']:
        raise errors.UsageError('--destroy-storage and --release-storage cannot both be specified')
    if not arguments.is_confirmed(session.parsed) and folders.data().joinpath('solo.db').exists():
        called = folders.controller_name()
        arguments.confirm(
            f'WARNING! This command will destroy the controller of {folders.data()}, with all its '
            f'models.\n\nTo continue, enter the name of the controller ("{called}"): ',
            'controller destruction',
            called,
        )
    given = ('destroy-all-models', 'destroy-storage', 'release-storage', 'force', 'no-wait')
    return end(session, **{key.replace('-', '_'): session.flags[key] for key in given})


def end(session: session.Session, **asked: bool) -> int:
    """End the models as *asked*, stop the controller and remove the data directory."""
    from ..controller import process

    data = folders.data()
    if not data.joinpath('solo.db').exists():
        session.say(f'There is no controller in {data}.')
        return 0
    session.say('Destroying controller')
    session.call('destroy_controller', session.progress, **asked)
    process.stop(data)
    controller.disable()
    kept = asked['release_storage']
    remove(data, keep_storage=kept)
    if kept and data.joinpath('storage').exists():
        session.say(f'The storage is kept in {data / "storage"}.')
    session.say('Controller destroyed.')
    return 0


def remove(data: Path, *, keep_storage: bool) -> None:
    """Remove the data directory, or all of it but the storage.

    Raises:
        Error: If some of it can't be removed.
    """
    try:
        # The database goes last: without it nothing knows that the rest has to go.
        for entry in sorted(os.scandir(data), key=lambda entry: entry.name == 'solo.db'):
            if keep_storage and entry.name == 'storage':
                continue
            if entry.is_dir(follow_symlinks=False):
                shutil.rmtree(entry.path)
            else:
                with contextlib.suppress(FileNotFoundError):  # SQLite's own go with it
                    os.unlink(entry.path)
        if not any(os.scandir(data)):
            data.rmdir()
    except OSError as error:
        raise errors.Error(
            f'cannot remove "{error.filename}": {error.strerror}; remove it as root'
        ) from error
