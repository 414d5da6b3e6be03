"""Looking for the new master: every unit at once, so that a silent one delays nobody."""

from __future__ import annotations

import threading
from typing import Any

from waiting import wait_for

from juju_site import search


class RefusalError(Exception):
    """What a standby says to a session that wants to write."""


class Units:
    """Two units: one that never answers, and one that is promoted after some refusals."""

    Error = RefusalError

    def __init__(self) -> None:
        self.released = threading.Event()
        self.refusals = 2
        self.asked: set[tuple[str, str]] = set()

    @property
    def Database(self) -> Units:  # noqa: N802 - Django's name
        return self

    def get_connection_params(self) -> dict[str, Any]:
        return {'host': 'dead,standby', 'port': '5432,5433', 'user': 'u'}

    def connect(self, *, host: str, port: str, user: str) -> Units:
        self.asked.add((host, port))
        if host == 'dead':
            self.released.wait(60)
            raise RefusalError
        self.refusals -= 1
        if self.refusals >= 0:
            raise RefusalError
        return self

    def close(self) -> None:
        """End the session."""


def test_a_silent_unit_does_not_delay_the_one_that_was_promoted():
    units = Units()

    found = search.Search(units)
    try:
        wait_for(lambda: found.found, timeout=30)
    finally:
        found.stop()
        units.released.set()

    assert found.found == ('standby', '5433')
    assert units.asked == {('dead', '5432'), ('standby', '5433')}
