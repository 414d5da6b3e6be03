"""The operator's project: an archive that may be anything, made a folder of code."""

from __future__ import annotations

import dataclasses
import hashlib
import re
import shutil
import stat
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import IO

from . import errors

LIMIT = 1 << 30
"""How many bytes an archive may become."""

_NAMED = re.compile(r'DJANGO_SETTINGS_MODULE[\'"]\s*,\s*[\'"]([\w.]+)[\'"]')


@dataclasses.dataclass(frozen=True)
class Project:
    """Code that can be served.

    Attributes:
        folder: Where the server starts, and what it imports from.
        settings_module: What the project's own ``manage.py`` names, or the only settings there.
        requirements: Content of its ``requirements.txt``.
        wheel: The project itself where it is a wheel, to be installed.
    """

    folder: Path
    settings_module: str
    requirements: str = ''
    wheel: Path | None = None


def read(resource: Path | None, projects: Path, guest_book: Path) -> Project:
    """Return the project in *resource*; the guest book without one.

    Args:
        resource: The archive, if the operator gave one.
        projects: The folder in which archives are unpacked, each under its digest.
        guest_book: The folder of the demonstration.

    Raises:
        Error: If the archive can't be used, with the reason.
    """
    if resource is None or resource.stat().st_size == 0:
        return Project(guest_book, 'guestbook.settings')
    name = hashlib.sha256(resource.read_bytes()).hexdigest()[:16]
    folder = projects / name
    if not folder.is_dir():
        fresh = projects / f'{name}.new'
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(parents=True)
        _unpack(resource, fresh)
        fresh.rename(folder)
    if wheel := next(folder.glob('*.whl'), None):
        return Project(folder, _settings_of_wheel(wheel), wheel=wheel)
    root = _root(folder)
    wanted = root / 'requirements.txt'
    requirements = wanted.read_text(errors='replace') if wanted.is_file() else ''
    return Project(root, _settings(root), requirements)


def _unpack(resource: Path, target: Path) -> None:
    try:
        if zipfile.is_zipfile(resource):
            with zipfile.ZipFile(resource) as archive:
                names = archive.namelist()
                if wheel := next((n for n in names if n.endswith('.dist-info/WHEEL')), None):
                    shutil.copy2(resource, target / _wheel_name(archive, wheel))
                    return
                total = 0
                for info in archive.infolist():
                    mode = info.external_attr >> 16
                    if not info.is_dir() and not (mode and stat.S_ISLNK(mode)):
                        total += info.file_size
                        with archive.open(info) as content:
                            _write(target, info.filename, content, total)
            return
        with tarfile.open(resource) as archive:
            total = 0
            for member in archive:
                content = archive.extractfile(member) if member.isfile() else None
                if content is not None:
                    total += member.size
                    _write(target, member.name, content, total)
    except (tarfile.TarError, zipfile.BadZipFile, EOFError, OSError, RuntimeError) as error:
        cause = ' '.join(str(error).split())
        raise errors.Error(f'cannot read the resource "project": {cause}'[:200]) from None


def _write(target: Path, name: str, content: IO[bytes], total: int) -> None:
    """Write one member; links and devices never come here, and no name leads out of *target*.

    Args:
        target: Where the archive is unpacked.
        name: The member's.
        content: What it holds.
        total: The bytes of the archive with it.
    """
    path = PurePosixPath(name)
    if path.is_absolute() or '..' in path.parts:
        raise errors.Error(f'cannot use the resource "project": "{name[:60]}" leads out of it')
    if total > LIMIT:
        raise errors.Error('cannot use the resource "project": it is larger than 1 GiB')
    file = target / path
    file.parent.mkdir(parents=True, exist_ok=True)
    with open(file, 'wb') as copy:
        shutil.copyfileobj(content, copy)


def _wheel_name(archive: zipfile.ZipFile, wheel: str) -> str:
    """Return a file name that installers take: Juju gave the resource another one.

    Source: Python packaging's binary distribution format, "File name convention".
    """
    text = archive.read(wheel).decode(errors='replace')
    tag = re.search(r'^Tag: *(\S+)', text, re.MULTILINE)
    if tag is None:
        raise errors.Error('cannot use the resource "project": a wheel without a tag')
    return f'{wheel.partition(".dist-info/")[0]}-{tag[1]}.whl'


def _root(folder: Path) -> Path:
    """Return the folder that holds ``manage.py``: the archive's own, or the only one in it."""
    if (folder / 'manage.py').is_file():
        return folder
    found = sorted(path.parent for path in folder.glob('*/manage.py'))
    inside = [path for path in folder.iterdir() if path.is_dir()]
    if found:
        return found[0]
    is_package = len(inside) != 1 or (inside[0] / 'settings.py').is_file()
    return folder if is_package else inside[0]


def _settings(root: Path) -> str:
    manage = root / 'manage.py'
    if manage.is_file() and (named := _NAMED.search(manage.read_text(errors='replace'))):
        return named[1]
    found = [f'{path.parent.name}.settings' for path in sorted(root.glob('*/settings.py'))]
    return found[0] if len(found) == 1 else ''


def _settings_of_wheel(wheel: Path) -> str:
    def modules() -> Iterator[str]:
        with zipfile.ZipFile(wheel) as archive:
            for name in archive.namelist():
                if name.count('/') == 1 and name.endswith('/settings.py'):
                    yield f'{name.partition("/")[0]}.settings'

    found = list(modules())
    return found[0] if len(found) == 1 else ''
