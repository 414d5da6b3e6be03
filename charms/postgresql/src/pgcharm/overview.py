"""The cluster as one table: what Patroni, the primary and etcd each know of its members."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Mapping, Sequence

from . import cluster, consensus, database, layout, voting

_TITLES = {'lag_bytes': 'lag', 'lag_seconds': 'seconds', 'sync_state': 'sync'}


@dataclasses.dataclass(frozen=True)
class Row:
    """One member; what nobody knows is None."""

    unit: str
    role: str
    """As Patroni says it; ``witness`` for one that only votes."""

    state: str
    timeline: int | None = None
    lag_bytes: int | None = None
    """Write-ahead log that it has not received, as Patroni counts it."""

    lag_seconds: float | None = None
    """Time until what the primary wrote was replayed, as the primary measured it last."""

    sync_state: str = ''
    """``sync``, ``quorum``, ``potential`` or ``async``; empty for the primary and who is away."""

    etcd: str = ''
    """``leader``, ``voter``, ``learner``; empty where it is no member."""

    host: str = ''
    note: str = ''
    """Why it never becomes the primary; empty where it may."""


def rows(
    members: Iterable[cluster.Member],
    replicas: Mapping[str, database.Replica],
    found: consensus.View | None,
    notes: Mapping[str, str] | None = None,
) -> tuple[Row, ...]:
    """Return a row for each member.

    Args:
        members: Whose Patroni has a lease.
        replicas: What the primary says of its standbys, by member.
        found: The etcd cluster; None while it does not answer.
        notes: What else is to be said of units, by name.
    """
    roles = etcd_roles(found)
    there = tuple(
        Row(
            unit=layout.unit_of(one.name),
            role=one.role,
            state=one.state,
            timeline=one.timeline or None,
            lag_bytes=one.lag_bytes,
            lag_seconds=replicas[one.name].lag_seconds if one.name in replicas else None,
            sync_state=replicas[one.name].sync_state if one.name in replicas else '',
            etcd=roles.get(one.name, ''),
            note=(notes or {}).get(layout.unit_of(one.name), ''),
            host=f'{one.host}:{one.port}',
        )
        for one in members
    )
    witnesses = (one for one in found.members if voting.is_witness(one)) if found else ()
    return (*there, *(Row(one.name, 'witness', '', etcd=roles[one.name]) for one in witnesses))


def etcd_roles(found: consensus.View | None) -> Mapping[str, str]:
    """Return what each member of etcd is, by its name."""
    if found is None:
        return {}
    return {
        one.name: 'learner' if one.is_learner else 'leader' if one.id == found.leader else 'voter'
        for one in found.members
        if one.is_started
    }


def to_json(found: Iterable[Row]) -> str:
    """Return the rows as a JSON list of objects."""
    return json.dumps([dataclasses.asdict(row) for row in found])


def cells(found: Sequence[Row]) -> list[tuple[str, ...]]:
    """Return the titles, and a line of text for each row."""
    names = [field.name for field in dataclasses.fields(Row)]
    lines = [tuple(_TITLES.get(name, name) for name in names)]
    return lines + [tuple(_text(getattr(row, name)) for name in names) for row in found]


def _text(value: object) -> str:
    return '' if value is None else f'{value:.1f}' if isinstance(value, float) else str(value)
