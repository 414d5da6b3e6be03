"""A client's password: derived, so that any unit knows it without asking another."""

from __future__ import annotations

import base64
import hmac
import json
from collections.abc import Mapping
from typing import Any, cast


def derive(seed: str, user: str) -> str:
    """Return the password of *user*: 32 letters, digits, ``-`` and ``_``.

    Args:
        seed: From the application's secret.
        user: The database user; one whose password is rotated is another user.
    """
    mac = hmac.digest(seed.encode(), f'{user}\x001'.encode(), 'sha256')
    return base64.urlsafe_b64encode(mac[:24]).decode()


def read_rotations(text: str) -> Mapping[str, tuple[int, float]]:
    """Return how often each user got a password, and when; nothing for what can't be read."""
    try:
        found = cast('dict[str, Any]', json.loads(text or '{}'))
        return {user: (int(count), float(at)) for user, (count, at) in found.items()}
    except (ValueError, TypeError, AttributeError):
        return {}


def rotate(text: str, users: tuple[str, ...], now: float) -> str:
    """Return what :func:`read_rotations` reads after *users*, by their first names, got new ones.

    Args:
        text: What is there.
        users: Whose passwords are rotated.
        now: The time, in seconds since 1970.
    """
    before = read_rotations(text)
    new = {user: (before.get(user, (1, 0.0))[0] + 1, now) for user in users}
    return json.dumps({**before, **new}, sort_keys=True)
