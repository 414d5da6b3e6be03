"""Make storage what the database says: folders for instances, and places for them in machines.

Source: juju: internal/worker/storageprovisioner.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING

from .. import errors
from ..machines import provider
from ..state import charms, machines, pools, storage

if TYPE_CHECKING:
    from .core import Controller

_MEMORY = Path('/dev/shm')  # noqa: S108  # a tmpfs that every user may write to, and nobody mounts


class Storage:
    """One data directory's storage; each pass may be killed and is made good by the next."""

    def __init__(self, controller: Controller) -> None:
        self._controller = controller
        self._looked = False

    def apply(self) -> None:
        """Attach what units wait for, clear what they left, destroy what nobody is to have.

        Raises:
            Error: If one can't be attached; the others are.
        """
        database = self._controller.database
        with database.read() as tx:
            pending, left, doomed = storage.pending(tx), storage.left(tx), storage.doomed(tx)
        if not self._looked:
            self._remember()
            self._looked = True
        faults: list[errors.Error] = []
        for row in pending:
            try:
                location, folder = self._attach(row)
            except errors.Error as error:
                faults.append(error)
                continue
            with database.write() as tx:
                storage.attached(tx, row, location=str(location), folder=str(folder))
        for row in left:
            _unlink(row)
            with database.write() as tx:
                tx.execute(
                    "UPDATE storage SET location = '' WHERE id = ? AND unit IS NULL", row['id']
                )
        for row in doomed:
            if row['folder'] and not row['released']:
                shutil.rmtree(row['folder'], ignore_errors=True)
                with contextlib.suppress(OSError):
                    Path(row['folder']).parent.rmdir()
                    if _MEMORY in Path(row['folder']).parents:
                        Path(row['folder']).parent.parent.rmdir()
            with database.write() as tx:
                tx.execute('DELETE FROM storage WHERE id = ? AND unit IS NULL', row['id'])
        if faults:
            raise faults[0]

    def _remember(self) -> None:
        """Make the folders in memory again, which a reboot emptied."""
        with self._controller.database.read() as tx:
            rows = [
                row
                for row in tx.all('SELECT * FROM storage WHERE attached AND NOT persistent')
                if pools.find(tx, row['model'], row['pool']).provider == 'tmpfs'
            ]
        for row in rows:
            _make(Path(row['folder']), row['name'])

    def _attach(self, row: sqlite3.Row) -> tuple[Path, Path]:
        """Return where the charm sees an instance, and where its data lie."""
        with self._controller.database.read() as tx:
            declared = storage.declared(charms.get(tx, row['charm']), row['name'])
            pool = pools.find(tx, row['model'], row['pool'])
            machine = provider.Machine(machines.key(tx, row['machine']))
            kind = self._controller.providers[machines.row(tx, row['machine'])['provider']]
        folder = Path(row['folder'] or self._folder(row, pool, machine))
        if not os.path.isdir(folder) and row['folder'] and pool.persistent:
            # An empty folder in its place would be taken for an empty database.
            raise errors.Error(
                f'cannot attach storage "{row["name"]}": its folder "{folder}" is gone; put it '
                f'back, or "solo remove-storage --force {row["name"]}"'
            )
        _make(folder, row['name'])
        wanted = storage.location(declared, row['name'])
        if not wanted:
            _unlink(row)
            return folder, folder
        try:
            place = kind.place(machine, folder, wanted)
        except OSError as error:
            raise errors.Error(
                f'cannot attach storage "{row["name"]}" at "{wanted}": {error.strerror}'
            ) from error
        if row['location'] != str(place):
            _unlink(row)
        return place, folder

    def _folder(self, row: sqlite3.Row, pool: pools.Pool, machine: provider.Machine) -> Path:
        """Return where a new instance's data are to lie."""
        data = self._controller.data
        name = row['name'].replace('/', '-')
        if pool.provider in ('rootfs', 'loop'):
            return data / 'machines' / machine.key / 'storage' / name
        if pool.provider == 'tmpfs':
            # Data directories of one user share the place.
            own = hashlib.sha256(os.fsencode(data)).hexdigest()[:12]
            return _MEMORY / f'solo-{own}' / row['model_name'] / name
        return Path(pool.path or data / 'storage') / row['model_name'] / name


def _make(folder: Path, name: str) -> None:
    """Make an instance's folder; a charm's service user can pass through those above it."""
    try:
        for part in (folder.parent.parent, folder.parent):
            if not part.is_dir():
                part.mkdir(mode=0o711, parents=True, exist_ok=True)
                part.chmod(0o711)
        folder.mkdir(mode=0o755, exist_ok=True)
    except OSError as error:
        raise errors.Error(
            f'cannot make storage "{name}" in "{folder}": {error.strerror}'
        ) from error


def _unlink(row: sqlite3.Row) -> None:
    """Remove the place in a machine that an instance had, if it still leads to it."""
    place = row['location']
    with contextlib.suppress(OSError):
        if place and os.readlink(place) == row['folder']:
            os.unlink(place)
