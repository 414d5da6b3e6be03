"""Put a prepared charm into a unit's charm folder, the first time or over an older one.

Files that the charm made itself survive: only what the old charm brought and the new one lacks
is removed. May be killed anywhere and is then done again.

Source: juju: internal/worker/uniter/charm/manifest_deployer.go.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from . import places


def unpack(prepared: Path, place: places.Places, revision: int) -> None:
    """Make the unit's charm folder that of the charm in *prepared*.

    Args:
        prepared: The charm revision's folder.
        place: The unit's places.
        revision: What goes into the file ``revision``.
    """
    place.charm.mkdir(parents=True, exist_ok=True)
    place.state.mkdir(mode=0o700, exist_ok=True)
    (place.agent / 'resources').mkdir(exist_ok=True)
    manifest = place.state / 'manifest'
    old = set(json.loads(manifest.read_text())) if manifest.exists() else set[str]()
    new = set(_members(prepared, ''))
    _write(manifest, json.dumps(sorted(old | new)))
    for name in sorted(old - new, reverse=True):
        _remove(place.charm / name)
    for name in sorted(new):
        _copy(prepared, name, place.charm)
    _write(place.charm / 'revision', f'{revision}\n')
    _write(manifest, json.dumps(sorted(new)))


def _members(folder: Path, prefix: str) -> Iterator[str]:
    with os.scandir(folder) as entries:
        for entry in entries:
            name = f'{prefix}{entry.name}'
            yield name
            if entry.is_dir(follow_symlinks=False):
                yield from _members(Path(entry.path), f'{name}/')


def _copy(prepared: Path, name: str, charm: Path) -> None:
    source, target = prepared / name, charm / name
    if source.is_dir() and not source.is_symlink():
        if target.is_symlink() or target.is_file():
            target.unlink()
        target.mkdir(exist_ok=True)
        shutil.copymode(source, target)
        return
    if target.is_dir() and not target.is_symlink():
        shutil.rmtree(target)
    beside = target.with_name(f'.{target.name}.new')
    beside.unlink(missing_ok=True)
    if source.is_symlink():
        beside.symlink_to(_link(prepared, source))
    else:
        shutil.copy2(source, beside)
    beside.replace(target)


def _link(prepared: Path, source: Path) -> str:
    """Return where a copied link points: a relative one out of the charm becomes absolute."""
    link = os.readlink(source)
    target = os.path.normpath(source.parent / link)
    is_inside = target == str(prepared) or target.startswith(f'{prepared}/')
    return link if os.path.isabs(link) or is_inside else target


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        if not any(path.iterdir()):
            path.rmdir()
    else:
        path.unlink(missing_ok=True)


def _write(path: Path, text: str) -> None:
    beside = path.with_name(f'.{path.name}.new')
    beside.write_text(text)
    beside.replace(path)
