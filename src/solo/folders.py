"""Where things lie: the data directory and what is directly in it."""

from __future__ import annotations

import os
from pathlib import Path

from . import errors, juju

_SOCKET_LIMIT = 107  # bytes of a Unix socket's path, unix(7)


def data() -> Path:
    """Return the data directory of this user.

    ``$SOLO_DATA``, else ``/var/lib/solo`` for root and ``$XDG_DATA_HOME/solo`` (by default
    ``~/.local/share/solo``) for others.

    Raises:
        Error: If its path is too long for the sockets in it, or there is no home.
    """
    named = os.environ.get('SOLO_DATA')
    if named:
        folder = Path(os.path.abspath(named))
    elif os.geteuid() == 0:
        folder = Path('/var/lib/solo')
    else:
        base = os.environ.get('XDG_DATA_HOME')
        home = os.path.expanduser('~')
        if not base and not os.path.isabs(home):
            raise errors.Error('cannot find a data directory: no home; set SOLO_DATA')
        folder = (Path(base) if base else Path(home, '.local/share')) / 'solo'
    if len(os.fsencode(socket(folder))) > _SOCKET_LIMIT - 8:
        raise errors.Error(
            f'cannot use the data directory "{folder}": its path is too long for a socket; '
            f'set SOLO_DATA to a shorter one'
        )
    return folder


def controller_name() -> str:
    """Return the controller's name: what ``bootstrap`` was told, else ``solo``."""
    try:
        return (data() / 'name').read_text().strip() or juju.CONTROLLER
    except OSError:
        return juju.CONTROLLER


def name_controller(name: str) -> None:
    """Let the controller be called *name* from now on."""
    beside = data() / '.name.new'
    beside.write_text(f'{name}\n')
    beside.replace(data() / 'name')


def socket(folder: Path) -> Path:
    """Return the controller's socket below the data directory *folder*."""
    return folder / 'controller.sock'


def build() -> int:
    """Return the age of this program's code: the newest change of its files, in nanoseconds.

    A controller that runs older code than the command line is restarted by it.
    """
    newest = 0
    folders = [os.path.dirname(os.path.abspath(__file__))]
    while folders:
        for entry in os.scandir(folders.pop()):
            if entry.is_dir(follow_symlinks=False):
                if entry.name != '__pycache__':
                    folders.append(entry.path)
            elif entry.name.endswith(('.py', '.sql')):
                newest = max(newest, entry.stat().st_mtime_ns)
    return newest
