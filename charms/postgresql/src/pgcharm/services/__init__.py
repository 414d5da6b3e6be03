"""The daemons of a unit and who keeps them: systemd, or supervisord where that is not there.

:func:`find` returns the one for this machine; the rest of the charm knows only
:class:`Services`.
"""

from __future__ import annotations

import dataclasses
import hashlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from .. import layout


@dataclasses.dataclass(frozen=True)
class Service:
    """One daemon."""

    name: str
    """``etcd``, ``patroni`` or ``watcher``."""

    command: tuple[str, ...]
    """Absolute path and arguments."""

    user: str | None
    """Who runs it; None: as ourselves."""

    environment: Mapping[str, str]
    """All of it: what a hook inherits must not reach a daemon (``JUJU_CONTEXT_ID``)."""

    stop_seconds: float = 60.0
    """How long it may take to end before it is killed."""

    @property
    def digest(self) -> str:
        """Changes when the definition does."""
        text = repr((self.command, self.user, sorted(self.environment.items())))
        return hashlib.sha256(text.encode()).hexdigest()[:16]


@dataclasses.dataclass(frozen=True)
class Running:
    """What the supervisor knows of the services."""

    digests: Mapping[str, str]
    """Name and digest of each that it keeps running."""


class Services(Protocol):
    """Who keeps the services of one unit."""

    def running(self) -> Running:
        """Return what is kept running now; nothing when the supervisor is not there."""
        ...

    def keep(self, wanted: tuple[Service, ...]) -> None:
        """Keep exactly *wanted* running: start what is new, restart what differs, end the rest.

        Raises:
            errors.ServicesError: If the supervisor refuses or does not start.
        """
        ...

    def remove(self) -> None:
        """End all services, each in its time, and leave no trace of them."""
        ...


def find(places: layout.Layout) -> Services:
    """Return who keeps services on this machine: systemd if it is process 1 and we are root."""
    if layout.is_root() and Path('/run/systemd/system').is_dir() and _init() == 'systemd':
        from . import systemd

        return systemd.Systemd(places)
    from . import supervisord

    return supervisord.Supervisord(places)


def environment(source: Path, python_path: str) -> dict[str, str]:
    """Return the environment in which our own Python programs run.

    Args:
        source: Folder of the charm's code.
        python_path: The hook's PYTHONPATH: under Juju the charm's ``lib`` and ``venv``.
    """
    parts = [str(source), *(os.path.abspath(part) for part in python_path.split(':') if part)]
    return {
        'LANG': 'C.UTF-8',
        'PATH': '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
        'PYTHONPATH': ':'.join(dict.fromkeys(parts)),
        'PYTHONUNBUFFERED': '1',
    }


def _init() -> str:
    return Path('/proc/1/comm').read_text().strip()
