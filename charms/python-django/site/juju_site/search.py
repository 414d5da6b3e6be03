"""Look for the new master beside the requests, so that none of them waits for a dead unit.

A machine that lost its power doesn't refuse: a connection to it costs two seconds, and a handful
of workers would spend a failover with that. So each unit is asked in a thread of its own.
"""

# Django's types are known to mypy's plugin only.
# pyright: reportUnknownMemberType=false

from __future__ import annotations

import threading
from typing import Any

PAUSE = 0.3
"""Seconds between two questions to one unit."""


class Search:
    """One search for a unit that accepts writes; ends when it was found, or is stopped."""

    def __init__(self, connection: Any) -> None:
        parameters: dict[str, Any] = connection.get_connection_params()
        self._connect = connection.Database.connect
        self._refusal: type[Exception] = connection.Database.Error
        self._parameters = parameters
        self._ended = threading.Event()
        self.found: tuple[str, str] | None = None
        """Host and port of the master, once it is known."""
        hosts = str(parameters.get('host', '')).split(',')
        ports = str(parameters.get('port', '')).split(',')
        for place in zip(hosts, ports, strict=False):
            threading.Thread(target=self._ask, args=(place,), daemon=True).start()

    def stop(self) -> None:
        """Look no further."""
        self._ended.set()

    def _ask(self, place: tuple[str, str]) -> None:
        host, port = place
        while not self._ended.is_set():
            try:
                self._connect(**{**self._parameters, 'host': host, 'port': port}).close()
            except self._refusal:
                self._ended.wait(PAUSE)
            else:
                self.found = place
                self._ended.set()
