"""Do one thing after the other, where one that fails must not hold the others."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from .. import errors


def each(names: Iterable[str], do: Callable[[str], Any]) -> dict[str, Any]:
    """Call *do* with every name.

    Returns:
        ``done``, the names and what *do* said of them, and ``failed``, the names with message
        and code of their errors.
    """
    done: list[dict[str, Any]] = []
    failed: list[dict[str, str]] = []
    for name in names:
        try:
            done.append({'name': name, 'result': do(name)})
        except errors.Error as error:
            failed.append({'name': name, 'error': error.message, 'code': error.code})
    return {'done': done, 'failed': failed}
