"""The requirements of a charm as one text, from whatever it has: files, packages, locks.

Source: uv documentation, "uv export"; poetry-plugin-export.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

from .. import errors
from . import parts

# Runs a command below a folder and returns what it printed.
Output = Callable[[list[str], Path], str]
_INCLUDE = re.compile(r'^\s*(?:-r|--requirement)[ =]\s*(\S+)')
_EXPORTS = {
    'uv': ['export', '--frozen', '--no-dev', '--no-emit-project', '--no-header', '--no-annotate'],
    'poetry': [
        *('tool', 'run', '--from', 'poetry', '--with', 'poetry-plugin-export'),
        *('poetry', 'export', '--format=requirements.txt'),
    ],
}


def text(folder: Path, wanted: parts.Wanted, uv: Output) -> str:
    """Return all requirements of the charm in *folder*, as a requirements file has them.

    Args:
        folder: The charm's source.
        wanted: What its parts ask for.
        uv: Runs uv with arguments in a folder; it may want the network.

    Raises:
        Error: If a file includes itself or one that isn't there, or a lock is no good.
    """
    lines = [line for file in wanted.files for line in _flat(folder / file, ())]
    lines += wanted.packages
    for lock in wanted.locks:
        command = [*_EXPORTS[lock.tool], *lock.options]
        lines += uv(command, folder / lock.source).splitlines()
    return ''.join(f'{line}\n' for line in lines)


def _flat(path: Path, above: tuple[Path, ...]) -> Iterator[str]:
    """Yield the lines of a requirements file, those of files that it includes in their place."""
    if path in above or not path.is_file():
        raise errors.Error(
            f'cannot build the charm: "{path.name}" is not there, or includes itself'
        )
    for line in path.read_text(errors='replace').splitlines():
        included = _INCLUDE.match(line)
        if included is None:
            yield line
        else:
            yield from _flat((path.parent / included[1]).resolve(), (*above, path))
