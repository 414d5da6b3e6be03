"""A bell that rings after every commit, for whoever waits for the world to change."""

from __future__ import annotations

import threading


class Changed:
    """Count the changes, and let threads wait for the next one without polling."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._count = 0

    @property
    def count(self) -> int:
        """The number of changes so far; pass it to :meth:`wait` to miss none."""
        return self._count

    def ring(self) -> None:
        """Announce a change."""
        with self._condition:
            self._count += 1
            self._condition.notify_all()

    def wait(self, seen: int, timeout: float | None = None) -> bool:
        """Wait until there is a change that *seen* doesn't count.

        Args:
            seen: The count when the caller last looked.
            timeout: Seconds, or None for ever.

        Returns:
            Whether there is one.
        """
        with self._condition:
            return self._condition.wait_for(lambda: self._count != seen, timeout)
