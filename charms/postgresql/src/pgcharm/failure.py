"""The last start of PostgreSQL, where it failed: with which settings, and what the server said.

Patroni tries again at once, and while it does its REST API says "starting": who looks now and
then does not learn of a failure there. So our Patroni writes it down where hooks find it.
"""

from __future__ import annotations

import contextlib
import dataclasses
import os
import re
from pathlib import Path

from . import layout

_TAIL = 64 * 1024
_SAID = re.compile(r'\[(?P<pid>\d+)\].*? (?P<level>LOG|FATAL|PANIC):  (?P<text>.+)')
_ONLY_POINTS = re.compile(r'configuration file ".*" contains errors')


@dataclasses.dataclass(frozen=True)
class Failure:
    """A start that ended in nothing; there is none after one that went well."""

    settings: str
    """Digest of the settings that Patroni had loaded."""

    reason: str = ''
    """What the server said; empty where that was not found."""


def note(path: Path, settings: str | None) -> None:
    """Write down that a start with *settings* failed; None: that the server runs.

    Args:
        path: ``Layout.start_failed``.
        settings: Their digest.
    """
    if settings is None:
        path.unlink(missing_ok=True)
        return
    beside = path.with_name(f'.{path.name}')
    beside.write_text(settings)
    os.replace(beside, path)


def read(places: layout.Layout) -> Failure | None:
    """Return the unit's last start if it failed."""
    try:
        settings = places.start_failed.read_text()
    except FileNotFoundError:
        return None
    return Failure(settings, reason(_tail(places.log / 'patroni.log')))


def reason(log: str) -> str:
    """Return why a server ended before it could write a log of its own; empty where it is silent.

    Args:
        log: The end of what Patroni and the servers that it started wrote.
    """
    said = [found for line in log.splitlines() if (found := _SAID.search(line))]
    for last in reversed(said):
        if last['level'] == 'LOG':
            continue
        if not _ONLY_POINTS.fullmatch(last['text']):
            return last['text']
        # It only says that there are errors; each stands on a line of its own before.
        errors = (one['text'] for one in said if one['pid'] == last['pid'] and one is not last)
        return next(errors, last['text'])
    return ''


def _tail(path: Path) -> str:
    with contextlib.suppress(OSError), path.open('rb') as file:
        file.seek(max(0, path.stat().st_size - _TAIL))
        return file.read().decode(errors='replace')
    return ''
