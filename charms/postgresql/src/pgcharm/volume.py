"""What lies on a unit's storage: nothing, ours, a former unit's, or something foreign.

The file ``volume.json`` is written before anything else, so that the storage of an interrupted
first hook is ours and not foreign.
"""

from __future__ import annotations

import dataclasses
import enum
import json
from pathlib import Path
from typing import Any, cast

from . import files, layout

_KIND = 'postgresql charm volume'
_HARMLESS = {'lost+found', 'accepted.json'}


class Content(enum.Enum):
    """What a storage holds, from this unit's point of view."""

    ABSENT = 'no storage is attached'
    EMPTY = 'nothing yet'
    OURS = 'this unit of this cluster wrote it'
    FORMER = 'a unit of another cluster of our kind wrote it'
    FOREIGN = 'somebody else wrote it'
    DAMAGED = 'it is of our kind and cannot be used'


@dataclasses.dataclass(frozen=True)
class Marker:
    """What ``volume.json`` says."""

    unit: str
    cluster: str
    """Token of the cluster, made once per application."""

    version: str
    """PostgreSQL's major version."""

    left: str = ''
    """How the unit left: empty while it is there, else its role (``primary``, ``standby``)."""

    left_others: bool = False
    """Whether other units stayed when it left: their data went on without it."""

    lsn: str = ''
    timeline: int = 0


@dataclasses.dataclass(frozen=True)
class Volume:
    """A storage as found."""

    content: Content
    marker: Marker | None = None
    reason: str = ''
    """What is wrong with a foreign or damaged one."""

    has_data: bool = False
    """Whether there is a data directory that a server once ran on."""


def read_marker(path: Path) -> Marker | None:
    """Return what the marker at *path* says, or None where there is none.

    Raises:
        ValueError: If the file is there and not a marker.
    """
    text = files.read(path)
    if text is None:
        return None
    found: Any = json.loads(text)
    content = cast('dict[str, Any]', found) if isinstance(found, dict) else {}
    if content.pop('kind', None) != _KIND:
        raise ValueError('not a marker of ours')
    try:
        return Marker(**content)
    except TypeError as error:
        raise ValueError(str(error)) from None


def write_marker(path: Path, marker: Marker) -> None:
    """Make *marker* what ``volume.json`` says."""
    files.write(
        path, json.dumps({'kind': _KIND, **dataclasses.asdict(marker)}, indent=1), mode=0o644
    )


def inspect(places: layout.Layout, cluster: str | None) -> Volume:
    """Look at the storage of a unit.

    Args:
        places: The unit's.
        cluster: The token of its cluster, or None while there is none.
    """
    if places.storage is None or not places.storage.is_dir():
        return Volume(Content.ABSENT)
    try:
        marker = read_marker(places.marker)
    except ValueError as error:
        return Volume(Content.DAMAGED, reason=f'{places.marker.name}: {error}')
    if marker is None:
        strangers = {entry.name for entry in places.storage.iterdir()} - _HARMLESS
        strangers = {name for name in strangers if not name.startswith('.')}
        if strangers:
            return Volume(Content.FOREIGN, reason=f'it has {", ".join(sorted(strangers)[:3])}')
        return Volume(Content.EMPTY)
    ours = (marker.unit, marker.cluster) == (places.unit, cluster)
    data = places.data
    has_data = (data / 'global' / 'pg_control').exists()
    version = (files.read(data / 'PG_VERSION') or '').strip()
    if has_data and version != marker.version:
        return Volume(
            Content.DAMAGED, marker, f'PG_VERSION says "{version}", not {marker.version}'
        )
    if not ours and not has_data:
        if data.exists() and any(data.iterdir()):
            return Volume(Content.DAMAGED, marker, 'postgresql/data has no global/pg_control')
        return Volume(Content.EMPTY, marker)
    return Volume(Content.OURS if ours else Content.FORMER, marker, has_data=has_data)
