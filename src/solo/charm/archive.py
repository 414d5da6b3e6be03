"""Charms as they come: a folder, a ``.charm``, or a name that ships with solo."""

from __future__ import annotations

import hashlib
import itertools
import os
import stat
import sys
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path

from .. import errors

_IGNORED = frozenset(('.git', '.tox', '.venv', '__pycache__', '.pytest_cache', '.ruff_cache'))
_IGNORED_ON_TOP = frozenset(('venv', 'build'))  # further down they may be the charm's own
# What zipfile raises for damaged, encrypted and unknown content.
_DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, ValueError)
_LARGEST = 2 * 1024**3  # bytes unpacked


def shipped() -> Path:
    """Return the folder of the charms that ship with solo: beside the clone, or in the package."""
    package = Path(__file__).resolve().parents[1]
    beside = package.parents[1] / 'charms'
    return beside if beside.is_dir() else package / 'charms'


def find(text: str) -> Path:
    """Return the path of the charm that *text* names.

    Args:
        text: An absolute path, or a bare name of a charm that ships with solo.

    Raises:
        Error: ``no charm was found at "…"``, or the names that there are.
    """
    path = Path(text)
    if path.is_absolute():
        if path.is_dir() or path.is_file():
            return path
        raise errors.Error(f'no charm was found at "{text}"')
    folder = shipped() / text
    if folder.is_dir() and os.sep not in text:
        return folder
    known = ', '.join(sorted(entry.name for entry in shipped().iterdir() if entry.is_dir()))
    raise errors.Error(
        f'no charm was found at "{text}": a charm of your own is a path such as "./{text}"; '
        f'solo ships with {known}'
    )


def files(folder: Path) -> Iterator[Path]:
    """Yield what belongs to the charm in *folder*, relative, sorted; links are not followed."""
    for path, names, entries in os.walk(folder):
        here = Path(path)
        ignored = _IGNORED | _IGNORED_ON_TOP if here == folder else _IGNORED
        names[:] = sorted(name for name in names if name not in ignored)
        for name in sorted(entries) + [name for name in names if (here / name).is_symlink()]:
            if not name.endswith('.pyc'):
                yield (here / name).relative_to(folder)


def digest(source: Path, beside: Iterable[tuple[Path, Path]] = ()) -> str:
    """Return the digest of a charm's content: names, modes, links and bytes.

    Args:
        source: The charm.
        beside: What it takes from other folders: the folder, and the file in it.
    """
    whole = hashlib.sha256()
    if source.is_file():
        whole.update(source.read_bytes())
    else:
        own = ((source, name) for name in files(source))
        for folder, name in itertools.chain(own, beside):
            path = folder / name
            mode = path.lstat().st_mode
            kind = 'l' if stat.S_ISLNK(mode) else 'x' if mode & 0o100 else 'f'
            whole.update(f'{name}\0{kind}\0'.encode())
            content = os.readlink(path).encode() if kind == 'l' else path.read_bytes()
            whole.update(hashlib.sha256(content).digest())
    # What is prepared depends on this Python, too.
    whole.update(f'{sys.version_info[0]}.{sys.version_info[1]}'.encode())
    return whole.hexdigest()[:20]


def unpack(source: Path, target: Path) -> None:
    """Unpack a ``.charm`` into the new folder *target*; modes and links are honoured.

    Raises:
        Error: If it is no archive, or holds names or links that lead outside, or a bomb.
    """
    try:
        with zipfile.ZipFile(source) as archive:
            if sum(member.file_size for member in archive.infolist()) > _LARGEST:
                raise errors.Error(f'cannot unpack the charm "{source}": it is larger than 2 GiB')
            for member in archive.infolist():
                _unpack_member(archive, member, source, target)
    except _DAMAGED as error:
        raise errors.Error(f'cannot read the charm "{source}": {error}') from error


def _unpack_member(
    archive: zipfile.ZipFile, member: zipfile.ZipInfo, source: Path, target: Path
) -> None:
    name = member.filename
    path = target / name
    refused = errors.Error(f'cannot unpack the charm "{source}": "{name}" leads outside of it')
    if name.startswith('/') or '..' in Path(name).parts or _crosses_link(target, path):
        raise refused
    if member.is_dir():
        path.mkdir(parents=True, exist_ok=True)
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    mode = member.external_attr >> 16
    if stat.S_ISLNK(mode):
        link = archive.read(member).decode()
        inside = os.path.normpath(os.path.join(os.path.dirname(name), link))
        if os.path.isabs(link) or inside.startswith('..'):
            raise refused
        path.symlink_to(link)
        return
    with archive.open(member) as content, open(path, 'wb') as file:
        written = 0
        while chunk := content.read(1 << 20):
            written += len(chunk)
            if written > member.file_size:
                raise refused
            file.write(chunk)
    path.chmod(0o755 if mode & 0o111 else 0o644)


def _crosses_link(target: Path, path: Path) -> bool:
    return any(parent.is_symlink() for parent in path.parents if parent.is_relative_to(target))
