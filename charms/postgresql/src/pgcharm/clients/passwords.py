"""A client's password: derived, so that any unit knows it without asking another."""

from __future__ import annotations

import base64
import hmac


def derive(seed: str, user: str, generation: int = 1) -> str:
    """Return the password of *user*: 32 letters, digits, ``-`` and ``_``.

    Args:
        seed: From the application's secret.
        user: The database user.
        generation: Rises when the password is rotated.
    """
    mac = hmac.digest(seed.encode(), f'{user}\0{generation}'.encode(), 'sha256')
    return base64.urlsafe_b64encode(mac[:24]).decode()
