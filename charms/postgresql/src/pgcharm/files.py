"""Write files so that a kill at any instant leaves the old content or the new one."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pwd
import shutil
import tempfile
from collections.abc import Generator
from pathlib import Path

from . import errors, layout


def read(path: Path) -> str | None:
    """Return the content of *path*, or None where there is no such file."""
    try:
        return path.read_text()
    except FileNotFoundError:
        return None


def write(path: Path, content: str, *, owner: str | None = None, mode: int = 0o600) -> None:
    """Replace *path* by *content*, beside and renamed.

    Args:
        path: The file; its folder exists.
        content: What it shall hold.
        owner: Name of the user to whom it shall belong; None for ourselves.
        mode: Its permissions.
    """
    descriptor, name = tempfile.mkstemp(prefix=f'.{path.name}.', dir=path.parent)
    try:
        with os.fdopen(descriptor, 'w') as file:
            file.write(content)
            os.fchmod(file.fileno(), mode)
            if owner is not None:
                entry = pwd.getpwnam(owner)
                os.fchown(file.fileno(), entry.pw_uid, entry.pw_gid)
            file.flush()
            os.fsync(file.fileno())
        os.rename(name, path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(name)
        raise


def ensure_folder(path: Path, *, owner: str | None = None, mode: int = 0o700) -> bool:
    """Make *path* a folder of *owner* with *mode*, and return whether that changed anything.

    Args:
        path: The folder; missing folders above it are made too, for everyone to pass.
        owner: Name of the user to whom it shall belong; None for ourselves.
        mode: Its permissions.
    """
    changed = False
    if not path.is_dir():
        path.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
        path.mkdir(mode=mode, exist_ok=True)
        changed = True
    state = path.stat()
    if owner is not None:
        entry = pwd.getpwnam(owner)
        if (state.st_uid, state.st_gid) != (entry.pw_uid, entry.pw_gid):
            os.chown(path, entry.pw_uid, entry.pw_gid)
            changed = True
    if state.st_mode & 0o7777 != mode:
        path.chmod(mode)
        changed = True
    return changed


def make_run_folders(places: layout.Layout) -> None:
    """Make the unit's folders that a reboot takes.

    Raises:
        errors.OperatorError: If somebody else has their place.
    """
    owner = places.service_user
    ensure_folder(layout.run_root(), mode=0o711 if owner else 0o700)
    if layout.run_root().stat().st_uid != os.geteuid():
        raise errors.OperatorError(f'{layout.run_root()} belongs to somebody else; remove it')
    ensure_folder(places.run, mode=0o711 if owner else 0o700)
    ensure_folder(places.socket_folder, owner=owner)


@contextlib.contextmanager
def busy(places: layout.Layout) -> Generator[None]:
    """Hold the lock that tells the unit's watcher that a hook is running, if there is one.

    A killed hook lets go of it, so nobody waits for ever.
    """
    if not places.run.is_dir():
        yield
        return
    lock = os.open(places.busy, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


def remove(path: Path) -> None:
    """Remove the file or the folder *path*, if it is there; a link is not followed.

    Raises:
        OSError: If something of it stays: it must not be taken for gone.
    """
    if not path.is_dir() or path.is_symlink():
        path.unlink(missing_ok=True)
        return
    with contextlib.suppress(FileNotFoundError):  # somebody else removes it, too
        shutil.rmtree(path)
    if path.exists():
        shutil.rmtree(path)
