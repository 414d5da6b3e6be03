"""The files of resources: copied when they are uploaded, so that nobody can change them later."""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from .. import errors
from ..state import resources

if TYPE_CHECKING:
    from .core import Controller

_YOUNG_SECONDS = 3600.0  # a file may have been copied for a deployment that is not in yet


def folder(data: Path) -> Path:
    """Return where the files lie."""
    return data / 'resources'


def upload(controller: Controller, given: Mapping[str, str]) -> dict[str, resources.Resource]:
    """Copy the files at the paths *given*, by resource, and return what they are now.

    Files that no application has any more are removed.

    Raises:
        Error: If a file can't be read, in Juju's words.
    """
    place = folder(controller.data)
    if given:
        place.mkdir(mode=0o700, exist_ok=True)
    with controller.database.read() as tx:
        used = resources.digests(tx)
    if place.is_dir():
        for entry in os.scandir(place):
            if entry.name not in used and time.time() - entry.stat().st_mtime > _YOUNG_SECONDS:
                os.unlink(entry.path)
    return {name: _copy(place, name, Path(path)) for name, path in given.items()}


def fetch(data: Path, resource: resources.Resource, target: Path) -> None:
    """Put a resource's file at *target*, unless it is there already; its users keep the old one.

    Raises:
        Error: If that is not possible.
    """
    source = folder(data) / resource.digest
    marker = target.with_name(f'.{target.name}.digest')
    try:
        if target.is_file() and marker.is_file() and marker.read_text() == resource.digest:
            return
        target.parent.mkdir(parents=True, exist_ok=True)
        marker.unlink(missing_ok=True)
        fresh = target.with_name(f'.{target.name}.new')
        shutil.copyfile(source, fresh)
        fresh.chmod(0o644)
        fresh.replace(target)
        marker.write_text(resource.digest)
    except OSError as error:
        raise errors.Error(f'cannot write "{target}": {error.strerror}') from error


def _copy(place: Path, name: str, source: Path) -> resources.Resource:
    digest, size = hashlib.sha384(), 0
    fresh = place / f'{secrets.token_hex(8)}.new'
    try:
        with open(source, 'rb') as reading, open(fresh, 'xb') as writing:
            while chunk := reading.read(1 << 20):
                digest.update(chunk)
                size += len(chunk)
                writing.write(chunk)
            writing.flush()
            os.fsync(writing.fileno())
        fresh.replace(place / digest.hexdigest())
        os.utime(place / digest.hexdigest())
    except OSError as error:
        fresh.unlink(missing_ok=True)
        cause = (error.strerror or str(error)).lower()
        raise errors.Error(f'cannot open resource "{name}": open {source}: {cause}') from error
    return resources.Resource(digest.hexdigest(), size, source.name, time.time())
