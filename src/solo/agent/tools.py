"""A unit's tools folder: one link per hook command to a copy of the tiny client.

Source: juju: agent/tools/toolsdir.go.
"""

from __future__ import annotations

import os
from pathlib import Path

from ..hookcmds import table
from . import places

_CLIENT = Path(table.__file__).with_name('client.py')
_OUTSIDE = ('juju-exec', 'juju-run')


def install(place: places.Places) -> None:
    """Make the tools folder what this version needs; does nothing where it is so already."""
    place.tools.mkdir(parents=True, exist_ok=True)
    client = place.tools / '.client'
    code = _CLIENT.read_bytes()
    if not client.exists() or client.read_bytes() != code:
        beside = place.tools / '.client.new'
        beside.write_bytes(code)
        beside.chmod(0o755)
        beside.replace(client)
    _link(place.tools / '.agent', str(place.exec_socket))
    for name in (*table.TOOLS, *_OUTSIDE):
        _link(place.tools / name, '.client')


def _link(path: Path, target: str) -> None:
    if path.is_symlink() and os.readlink(path) == target:
        return
    beside = path.with_name(f'.{path.name}.new')
    beside.unlink(missing_ok=True)
    beside.symlink_to(target)
    beside.replace(path)
