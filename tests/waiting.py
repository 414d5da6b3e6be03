"""Wait for a condition with a generous deadline, never for a guessed time."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar('T')


def wait_for(
    condition: Callable[[], T | None],
    timeout: float = 60.0,
    *,
    every: float = 0.1,
    catch: tuple[type[Exception], ...] = (),
    message: str = '',
) -> T:
    """Call *condition* until it returns something true, and return that.

    Args:
        condition: Asked again and again; what it returns last is shown when it never came true.
        timeout: Seconds; ten times as long as it should take.
        every: Seconds between two calls.
        catch: Exceptions that mean "not yet".
        message: What is waited for, when the condition's source doesn't say it.

    Raises:
        AssertionError: If the condition wasn't true in time.
    """
    deadline = time.monotonic() + timeout
    while True:
        try:
            last = condition()
        except catch as error:
            last, shown = None, repr(error)
        else:
            shown = repr(last)
        if last:
            return last
        if time.monotonic() > deadline:
            what = message or getattr(condition, '__name__', 'condition')
            raise AssertionError(f'{what}: not after {timeout:g} s; it was {shown} last')
        time.sleep(every)
