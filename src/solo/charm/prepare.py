"""Make a charm what Juju would unpack: every file in its place, its environment built.

Source: contract section 7; charmcraft's plugins ``charm`` and ``dump`` for the dispatch script.
"""

from __future__ import annotations

import contextlib
import os
import re
import shlex
import shutil
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from .. import errors
from . import archive, environment, hooknames, loading, metadata, parts

_HOOK = re.compile(
    rf'^({"|".join(hooknames.UNIT)}'
    r'|.+-relation-(created|joined|changed|departed|broken)|.+-storage-(attached|detaching))$'
)
DISPATCH = """\
#!/bin/sh
# Runs the charm with the environment beside it. A packed one lacks the link to the machine's own
# Python, which no archive may hold; with it, it is an environment like any other.
export JUJU_DISPATCH_PATH="${JUJU_DISPATCH_PATH:-$0}"
charm=$(dirname "$(readlink -f "$0")")
cd "$charm" || exit 1
export PYTHONPATH="$charm/lib:$charm/src"
[ -d venv ] || exec python3 src/charm.py
if [ ! -x venv/bin/python ]; then
    mkdir -p venv/bin && ln -sf "$(command -v python3)" venv/bin/python || exit 1
fi
exec "$charm/venv/bin/python" src/charm.py
"""


# Two that deploy the same charm at once would build one environment over the other.
_ONE_AT_A_TIME = threading.Lock()


class Prepared(NamedTuple):
    """A charm ready for its units."""

    charm: metadata.Charm
    digest: str
    folder: Path
    version: str


def prepare(source: Path, data: Path, progress: Callable[[str], None]) -> Prepared:
    """Return the charm at *source* (a folder or a ``.charm``), prepared once per content.

    Args:
        source: An absolute path.
        data: The data directory.
        progress: Called with a line for people when something takes time.

    Raises:
        Error: If the charm is broken, or its environment can't be built.
    """
    try:
        name = archive.digest(source, parts.beside(source) if source.is_dir() else ())
        folder = data / 'charms' / name
        with _ONE_AT_A_TIME:
            if not (folder / '.prepared').exists():
                _make(source, folder, data, progress)
    except OSError as error:
        raise errors.Error(
            f'cannot prepare the charm "{source}": {error.strerror or error} '
            f'({error.filename or data})'
        ) from error
    version = folder / 'version'
    return Prepared(
        metadata.read(folder),
        name,
        folder,
        version.read_text().strip() if version.exists() else '',
    )


def _make(source: Path, folder: Path, data: Path, progress: Callable[[str], None]) -> None:
    """Prepare it beside its place, and rename it: a kill leaves what the next one clears."""
    fresh = folder.with_suffix('.new')
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(mode=0o755)
    try:
        _fill(source, fresh, data, progress)
        shutil.rmtree(folder, ignore_errors=True)
        fresh.rename(folder)
    except BaseException:
        shutil.rmtree(fresh, ignore_errors=True)
        raise


def _fill(source: Path, fresh: Path, data: Path, progress: Callable[[str], None]) -> None:
    if source.is_file():
        archive.unpack(source, fresh)
    else:
        for name in archive.files(source):
            target = fresh / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source / name, target, follow_symlinks=False)
    charm = metadata.read(fresh, source)
    split(fresh)
    wanted = parts.packed(fresh) if source.is_file() else parts.read(source)
    for warning in wanted.warnings:
        progress(f'charm "{charm.name}": {warning}')
    dump(source, fresh, wanted)
    if not (fresh / 'venv').exists():
        envs = data / 'envs'
        text = environment.requirements(fresh, wanted, charm.name, envs)
        if text.strip():
            built = environment.ensure(text, fresh, envs, charm.name, progress)
            (fresh / 'venv').symlink_to(built)
    add_dispatch(fresh, wanted.entrypoint)
    _make_hooks_executable(fresh / 'hooks')
    for path, names, entries in os.walk(fresh):
        for name in (*names, *entries):
            with contextlib.suppress(OSError):
                found = Path(path, name)
                if not found.is_symlink():
                    found.chmod(
                        found.stat().st_mode & 0o777 | 0o444 | (0o111 if found.is_dir() else 0)
                    )
    (fresh / '.prepared').write_text(charm.name)


def split(folder: Path) -> None:
    """Write the files that Juju reads from a unified ``charmcraft.yaml``, as charmcraft does."""
    unified = loading.mapping(folder, 'charmcraft.yaml')
    if (folder / 'metadata.yaml').exists() or unified is None:
        return
    craft = ('type', 'parts', 'platforms', 'bases', 'base', 'build-base', 'config', 'actions')
    craft += ('charm-libs', 'charmhub', 'analysis', 'title', 'links')
    plain = {name: value for name, value in unified.items() if name not in craft}
    if 'title' in unified:
        plain['display-name'] = unified['title']
    _dump(folder / 'metadata.yaml', plain)
    for name in ('config', 'actions'):
        if unified.get(name):
            _dump(folder / f'{name}.yaml', unified[name])


def dump(source: Path, target: Path, wanted: parts.Wanted) -> None:
    """Put the content of the folders that are dumped into the charm's root."""
    for one in wanted.dumps:
        for name in one.files(source):
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source / one.source / name, target / name, follow_symlinks=False)


def _dump(path: Path, value: Any) -> None:
    import yaml

    path.write_text(yaml.safe_dump(value, sort_keys=False, allow_unicode=True))


def add_dispatch(folder: Path, entrypoint: str) -> None:
    """Write ``dispatch`` for an ops charm that has none.

    A charm without any program is a charm too: its hooks are all missing (contract 1.2).
    """
    path = folder / 'dispatch'
    if not path.exists() and (folder / entrypoint).exists():
        path.write_text(DISPATCH.replace('src/charm.py', shlex.quote(entrypoint)))
        path.chmod(0o755)


def _make_hooks_executable(hooks: Path) -> None:
    """Give hooks ``u+x``, as Juju does when it unpacks an archive."""
    if not hooks.is_dir():
        return
    for path in hooks.iterdir():
        if _HOOK.match(path.name) and path.is_file() and not path.is_symlink():
            path.chmod(path.stat().st_mode | 0o100)
