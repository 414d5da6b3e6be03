"""Who took the writes, and since when: how the panel knows of failovers."""

# Django's types are known to mypy's plugin only.
# pyright: reportUnknownVariableType=false, reportUnknownMemberType=false, reportUnknownArgumentType=false

from __future__ import annotations

from django import db

from . import models

_seen: set[int] = set()
"""Timelines that are in the table already, as far as this process knows."""


def notice(unit: str) -> None:
    """Note that *unit* takes writes now, once for each timeline.

    Source: PostgreSQL manual, "Backup Control Functions": the first eight digits of a WAL file's
    name are its timeline, which every promotion makes anew.
    """
    with db.connections['default'].cursor() as cursor:
        cursor.execute('SELECT pg_walfile_name(pg_current_wal_lsn())')
        timeline = int(cursor.fetchone()[0][:8], 16)
    if timeline not in _seen:
        models.Master.objects.using('default').get_or_create(
            timeline=timeline, defaults={'unit': unit}
        )
        _seen.add(timeline)


def seen() -> list[models.Master]:
    """Return the masters that were seen, the newest first."""
    return list(models.Master.objects.all()[:20])
