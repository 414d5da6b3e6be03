"""What the ``parts`` of a ``charmcraft.yaml`` ask for, for the plugins that charms are built with.

``charm``, ``uv``, ``poetry`` and ``python`` make the environment; ``dump`` brings files; ``nil``
brings nothing. A part's own ``override-build`` is not run: what it makes comes with a packed
charm.

Source: Charmcraft documentation, reference/plugins (charm, uv, poetry, python); Craft Parts
documentation, dump and nil plugins.
"""

from __future__ import annotations

import ast
import dataclasses
import fnmatch
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, cast

from .. import errors
from . import archive, loading

_PLUGINS = frozenset(('charm', 'uv', 'poetry', 'python', 'dump', 'nil'))
_PYDEPS = re.compile(r'^PYDEPS\s*=\s*(\[[^\]]*\])', re.MULTILINE)


@dataclasses.dataclass(frozen=True)
class Lock:
    """A lock file that its own tool turns into requirements."""

    tool: str  # 'uv' or 'poetry'
    source: str  # the folder that it lies in, relative to the charm
    options: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True)
class Dump:
    """A folder whose content belongs in the charm's root.

    Attributes:
        source: The folder, relative to the charm; it may lie beside it, and be shared by charms.
        stage: Which of its files, patterns of the shell; those with a minus not. Empty: all.
    """

    source: str
    stage: tuple[str, ...] = ()

    def files(self, charm: Path) -> Iterator[Path]:
        """Yield what belongs to the charm in *charm*, relative to the folder."""
        taken = [each for each in self.stage if not each.startswith('-')] or ['*']
        left = [each[1:] for each in self.stage if each.startswith('-')]
        for name in archive.files(charm / self.source):
            if _matches(name, taken) and not _matches(name, left):
                yield name


def _matches(name: Path, patterns: Iterable[str]) -> bool:
    return any(fnmatch.fnmatch(f'{name}/', f'{each.rstrip("/")}/*') for each in patterns)


@dataclasses.dataclass(frozen=True)
class Wanted:
    """What a charm is built from.

    Attributes:
        files: Requirements files, relative to the charm.
        packages: Requirements beside them.
        locks: Locks of uv and poetry.
        entrypoint: What ``dispatch`` runs.
        dumps: What is brought into the charm's root.
        warnings: What was found that is not done, for people.
    """

    files: tuple[str, ...] = ()
    packages: tuple[str, ...] = ()
    locks: tuple[Lock, ...] = ()
    entrypoint: str = 'src/charm.py'
    dumps: tuple[Dump, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether the charm needs no environment."""
        return not (self.files or self.packages or self.locks)


def read(folder: Path) -> Wanted:
    """Return what the charm in *folder* is built from.

    A charm without parts is one part of the plugin ``charm``, as of old.

    Raises:
        Error: If a part needs a plugin that only charmcraft has, or names a file that isn't there.
    """
    unified = _unified(folder)
    parts = _parts(unified) or {'charm': {}}
    wanted = Wanted(warnings=tuple(_missing_libraries(folder, unified)))
    for name, part in parts.items():
        wanted = _with_part(wanted, folder, name, part)
    if wanted.is_empty and not any(_plugin(name, part) == 'charm' for name, part in parts.items()):
        # A part that installs its requirements by hand.
        wanted = dataclasses.replace(wanted, files=_default_files(folder, '.'))
    return wanted


def beside(folder: Path) -> Iterator[tuple[Path, Path]]:
    """Yield what the charm in *folder* takes from elsewhere: a folder, and a file in it."""
    for part in _parts(_unified(folder)).values():
        source = str(part.get('source') or '.')
        if os.path.normpath(source).startswith('..') and (folder / source).is_dir():
            for name in Dump(source, tuple(_texts(part, 'stage'))).files(folder):
                yield folder / source, name


def _unified(folder: Path) -> Mapping[str, Any]:
    return loading.mapping(folder, 'charmcraft.yaml') or {}


def _parts(unified: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the parts by name.

    Raises:
        Error: If what is there is none.
    """
    given: Any = unified.get('parts') or {}
    if not isinstance(given, dict):
        raise errors.Error('cannot build the charm: charmcraft.yaml: parts: expected a mapping')
    found: dict[str, dict[str, Any]] = {}
    for name, part in cast('dict[Any, Any]', given).items():
        if not isinstance(part, dict | None):
            raise errors.Error(
                f'cannot build the charm: charmcraft.yaml: parts: {name}: expected a mapping'
            )
        found[str(name)] = cast('dict[str, Any]', part or {})
    return found


def packed(folder: Path) -> Wanted:
    """Return what an unpacked ``.charm`` still needs: one that has no environment may list it."""
    return Wanted(files=_default_files(folder, '.'))


def _plugin(name: str, part: Mapping[str, Any]) -> str:
    return str(part.get('plugin') or name)


def _with_part(wanted: Wanted, folder: Path, name: str, part: Mapping[str, Any]) -> Wanted:
    plugin = _plugin(name, part)
    source = str(part.get('source') or '.')
    if plugin not in _PLUGINS:
        raise errors.Error(
            f'cannot build the charm: its part "{name}" needs the plugin "{plugin}"; '
            'run "charmcraft pack" and deploy the .charm'
        )
    if part.get('override-build'):
        told = f'the override-build of part "{name}" is not run here'
        wanted = dataclasses.replace(wanted, warnings=(*wanted.warnings, told))
    if plugin in ('uv', 'poetry'):
        lock = Lock(plugin, source, _options(plugin, part))
        if not (folder / source / f'{plugin}.lock').is_file():
            raise errors.Error(
                f'cannot build the charm: its part "{name}" needs "{plugin}.lock"; '
                f'run "{plugin} lock"'
            )
        return dataclasses.replace(wanted, locks=(*wanted.locks, lock))
    if plugin == 'charm':
        return _with_charm(wanted, folder, source, part)
    if plugin == 'python':
        files = [f'{source}/{each}' for each in _texts(part, 'python-requirements')]
        return _with_files(wanted, folder, files, _texts(part, 'python-packages'))
    if plugin == 'dump' and source != '.' and (folder / source).is_dir():
        dump = Dump(source, tuple(_texts(part, 'stage')))
        return dataclasses.replace(wanted, dumps=(*wanted.dumps, dump))
    return wanted


def _with_charm(wanted: Wanted, folder: Path, source: str, part: Mapping[str, Any]) -> Wanted:
    listed = _texts(part, 'charm-requirements')
    files = [f'{source}/{each}' for each in listed] or list(_default_files(folder, source))
    packages = [*_texts(part, 'charm-python-packages'), *_library_needs(folder)]
    # Which of the requirements may come as wheels: only those that no file names are more.
    named = {_normal(line) for file in files for line in _lines(folder / file)}
    packages += [
        each for each in _texts(part, 'charm-binary-python-packages') if _normal(each) not in named
    ]
    entrypoint = str(part.get('charm-entrypoint') or wanted.entrypoint)
    wanted = dataclasses.replace(wanted, entrypoint=entrypoint)
    return _with_files(wanted, folder, files, packages)


def _with_files(
    wanted: Wanted, folder: Path, files: Iterable[str], packages: Iterable[str]
) -> Wanted:
    found = [file.removeprefix('./') for file in files]
    for file in found:
        if not (folder / file).is_file():
            raise errors.Error(f'cannot build the charm: there is no "{file}"')
    needed = [file for file in found if _says_something(folder / file)]
    return dataclasses.replace(
        wanted,
        files=tuple(dict.fromkeys((*wanted.files, *needed))),
        packages=tuple(dict.fromkeys((*wanted.packages, *packages))),
    )


def _default_files(folder: Path, source: str) -> tuple[str, ...]:
    name = f'{source}/requirements.txt'.removeprefix('./')
    path = folder / name
    return (name,) if path.is_file() and _says_something(path) else ()


def _says_something(path: Path) -> bool:
    return any(line.partition('#')[0].strip() for line in _lines(path))


def _lines(path: Path) -> list[str]:
    return path.read_text(errors='replace').splitlines() if path.is_file() else []


def _normal(requirement: str) -> str:
    """Return a requirement's project. Source: Python packaging, name normalisation."""
    name = re.match(r'^[A-Za-z0-9._-]+', requirement.strip())
    return re.sub(r'[-_.]+', '-', name[0]).lower() if name else ''


def _texts(part: Mapping[str, Any], key: str) -> list[str]:
    value: Any = part.get(key) or []
    if not isinstance(value, list):
        raise errors.Error(f'cannot build the charm: charmcraft.yaml: {key}: expected a list')
    return [str(each) for each in cast('list[object]', value)]


def _options(plugin: str, part: Mapping[str, Any]) -> tuple[str, ...]:
    if plugin == 'poetry':
        groups = _texts(part, 'poetry-with')
        chosen = [f'--with={",".join(groups)}'] if groups else []
        return (*chosen, *_texts(part, 'poetry-export-extra-args'))
    extras = [f'--extra={each}' for each in _texts(part, 'uv-extras')]
    return (*extras, *(f'--group={each}' for each in _texts(part, 'uv-groups')))


def _library_needs(folder: Path) -> list[str]:
    """Return what the libraries in ``lib/`` say they need: their ``PYDEPS``."""
    found: list[str] = []
    for path in sorted(folder.glob('lib/charms/*/v*/*.py')):
        match = _PYDEPS.search(path.read_text(errors='replace'))
        if match is not None:
            try:
                found += [str(each) for each in ast.literal_eval(match[1])]
            except (SyntaxError, ValueError):
                continue  # not a list of plain strings: for charmcraft neither
    return found


def _missing_libraries(folder: Path, unified: Mapping[str, Any]) -> Iterable[str]:
    """Yield a warning for each of ``charm-libs`` that was not fetched into ``lib/``."""
    libraries: Any = unified.get('charm-libs')
    for each in cast('list[Any]', libraries if isinstance(libraries, list) else []):
        named = cast('Mapping[str, Any]', each if isinstance(each, dict) else {})
        charm, _, library = str(named.get('lib', '')).partition('.')
        version = str(named.get('version', '0')).partition('.')[0]
        place = f'lib/charms/{charm.replace("-", "_")}/v{version}/{library}.py'
        if not (folder / place).is_file():
            yield f'"{place}" is missing; "charmcraft fetch-libs" gets it'
