"""When a standby heard etcd last, and whether its primary's log went on after that.

A primary counts on a standby while that renews its lease in etcd. When the lease is over, the
primary writes down there that it goes on alone; a standby that is cut off from etcd, but not from
the primary, has a copy of etcd that still says otherwise. Log that came after the lease may have
ended shows that: what such a copy says of who has everything is not to be trusted.

The watcher keeps this on the storage, since a reboot may come between; hooks read it.
Source: patroni 4.1.5: ``patroni/ha.py`` (``process_sync_replication``), ``patroni/api.py``.
"""

from __future__ import annotations

import contextlib
import dataclasses
import datetime as dt
import json
import time
from pathlib import Path

from . import cluster, files, https, patroni

_FRESH = 4.0
"""Seconds in which a lease was surely just renewed; a long one is renewed less often."""

_SETTLED = 10.0
"""Seconds of contact after which this unit's copy of etcd is a true one again."""

_PAUSE = 1.0
_OFTEN = 0.25
"""Seconds between looks while etcd is silent and the log comes: it may end at any moment."""

_RARELY = 5.0
"""The same where none comes: the unit is fenced, or the primary."""

_ROUNDING = 1.0
"""Patroni tells that time in whole seconds."""


@dataclasses.dataclass(frozen=True)
class Gap:
    """The log went on after etcd was silent; both times in seconds since 1970."""

    etcd_at: float
    """When etcd was heard last."""

    log_at: float
    """When the primary's write-ahead log was."""

    def __str__(self) -> str:
        """Return it as the file has it."""
        return f'{self.etcd_at:.0f} {self.log_at:.0f}'

    @property
    def since(self) -> str:
        """From when on writes may be missing here, for people."""
        return f'{dt.datetime.fromtimestamp(self.etcd_at, dt.timezone.utc):%Y-%m-%d %H:%M:%S} UTC'


def read(path: Path) -> Gap | None:
    """Return what the watcher found; None where all ended at once, or nothing did.

    Args:
        path: ``Layout.contact``.
    """
    words = (files.read(path) or '').split()
    try:
        return Gap(float(words[0]), float(words[1]))
    except (IndexError, ValueError):
        return None


def gap(etcd_at: float, log_at: float | None, lease: int) -> Gap | None:
    """Return whether the primary may have gone on alone while this unit still heard it.

    Args:
        etcd_at: When the lease was renewed last.
        log_at: When the primary was; None where nothing is received.
        lease: How long it is.
    """
    if log_at is None or log_at <= etcd_at + lease - _ROUNDING:
        return None
    return Gap(etcd_at, log_at)


class Contact:
    """What a unit's watcher knows of it.

    Args:
        path: Where to keep it.
        door: The local Patroni.
        settings: Patroni's.
        now: The time, seconds since 1970.
    """

    def __init__(self, path: Path, door: https.Door, settings: Path, now: float) -> None:
        self._path = path
        self._door = door
        self._settings = settings
        known = read(path)
        self._etcd_at = known.etcd_at if known else now
        self._since = now

    def hear(self, state: cluster.State | None) -> None:
        """Note what Patroni says."""
        if state is not None:
            self._etcd_at = max(self._etcd_at, state.etcd_at)

    def look(self, now: float) -> float:
        """Look for a gap where etcd is silent, and return after how many seconds to look again."""
        if now - self._etcd_at > _FRESH:
            self.hear(cluster.observe(self._door))
        if now - self._etcd_at > _FRESH:
            port, folder, lease = _places(self._settings)
            if now - self._etcd_at > _FRESH + 2 * patroni.timings(lease)[0]:
                self._since = now
                log_at = _heard(folder, port)
                found = gap(self._etcd_at, log_at, lease)
                if found is not None:
                    files.write(self._path, str(found))
                return _RARELY if log_at is None else _OFTEN
        if now - self._since > _SETTLED:
            self._path.unlink(missing_ok=True)
        return _PAUSE

    def watch(self) -> None:
        """Look for ever."""
        while True:
            pause = _RARELY
            with contextlib.suppress(OSError, ValueError, KeyError):
                pause = self.look(time.time())
            time.sleep(pause)


def _places(settings: Path) -> tuple[int, str, int]:
    """Return PostgreSQL's port, the folder of its socket, and the lease."""
    content = json.loads(settings.read_text())
    server = content['postgresql']
    folder = server['parameters']['unix_socket_directories']
    return int(server['listen'].rpartition(':')[2]), folder, int(content['etcd3']['lease'])


def _heard(folder: str, port: int) -> float | None:
    """Return when something came from the primary last; None while nothing is received.

    Source: PostgreSQL manual, "pg_stat_wal_receiver".
    """
    import psycopg

    from . import postgres

    try:
        with postgres.connect(folder, port, patroni.SUPERUSER, None) as connection:
            row = connection.execute(
                'SELECT extract(epoch FROM last_msg_receipt_time)::float8'
                ' FROM pg_stat_wal_receiver'
            ).fetchone()
    except psycopg.Error:
        return None
    return row[0] if row else None
