"""What the charm knows and the site must: one JSON file, which hooks replace while we serve."""

from __future__ import annotations

import dataclasses
import functools
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

VARIABLE = 'JUJU_SITE_FACTS'
"""Environment variable that names the file."""


@dataclasses.dataclass(frozen=True)
class Facts:
    """The content of the file; a missing key is a site without a charm around it.

    Attributes:
        unit: This unit's name.
        settings_module: The project's own settings.
        wsgi_module: What the server runs.
        secret_key: Django's ``SECRET_KEY``.
        debug: Django's ``DEBUG``.
        allowed_hosts: Django's ``ALLOWED_HOSTS``.
        static_root: Where ``collectstatic`` puts files.
        databases: The aliases ``default`` and ``standby``, as far as they exist.
        places: ``host:port`` of each database unit, and its name.
        states: Name of each related database unit, and the state that it tells.
    """

    unit: str = ''
    settings_module: str = 'guestbook.settings'
    wsgi_module: str = 'guestbook.wsgi'
    secret_key: str = 'not a secret: nothing was configured'  # noqa: S105
    debug: bool = False
    allowed_hosts: tuple[str, ...] = ('localhost',)
    static_root: str = ''
    databases: Mapping[str, Mapping[str, Any]] = dataclasses.field(
        default_factory=dict[str, Mapping[str, Any]]
    )
    places: Mapping[str, str] = dataclasses.field(default_factory=dict[str, str])
    states: Mapping[str, str] = dataclasses.field(default_factory=dict[str, str])


def current() -> Facts:
    """Return what the file says now; it is read again only when a hook has replaced it."""
    path = os.environ.get(VARIABLE)
    if not path:
        return Facts()
    found = os.stat(path)
    return _read(path, found.st_mtime_ns, found.st_ino)


@functools.lru_cache(maxsize=1)
def _read(path: str, _changed: int, _inode: int) -> Facts:
    content: dict[str, Any] = json.loads(Path(path).read_text())
    content['allowed_hosts'] = tuple(content['allowed_hosts'])
    return Facts(**content)
