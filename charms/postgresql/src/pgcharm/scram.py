"""What PostgreSQL keeps of a password.

``SCRAM-SHA-256$<iterations>:<salt>$<StoredKey>:<ServerKey>``. Source: RFC 5802, RFC 7677;
PostgreSQL manual, "pg_authid".
"""

from __future__ import annotations

import base64
import functools
import hashlib
import hmac
import os

_METHOD = 'SCRAM-SHA-256'
_ITERATIONS = 4096  # PostgreSQL's own, scram_iterations


def verifier(password: str, *, salt: bytes | None = None, iterations: int = _ITERATIONS) -> str:
    """Return what the server keeps of *password*, so that it never sees the password itself.

    Args:
        password: ASCII, as all of ours are: others would have to be normalised (SASLprep).
        salt: 16 random bytes where it is not given.
        iterations: What a guess costs.
    """
    salt = os.urandom(16) if salt is None else salt
    stored, server = _keys(password, salt, iterations)
    keys = ':'.join(base64.b64encode(key).decode() for key in (stored, server))
    return f'{_METHOD}${iterations}:{base64.b64encode(salt).decode()}${keys}'


@functools.lru_cache(maxsize=1024)  # 3 ms each, and a hook asks several times
def is_verifier_of(kept: str, password: str) -> bool:
    """Tell whether *kept*, as PostgreSQL has it, was made from *password*."""
    try:
        method, parameters, keys = kept.split('$')
        iterations, salt = parameters.split(':')
        stored = base64.b64decode(keys.split(':')[0], validate=True)
        wanted, _ = _keys(password, base64.b64decode(salt, validate=True), int(iterations))
    except ValueError:
        return False
    return method == _METHOD and hmac.compare_digest(wanted, stored)


def _keys(password: str, salt: bytes, iterations: int) -> tuple[bytes, bytes]:
    salted = hashlib.pbkdf2_hmac('sha256', password.encode(), salt, iterations)
    client = hmac.digest(salted, b'Client Key', 'sha256')
    return hashlib.sha256(client).digest(), hmac.digest(salted, b'Server Key', 'sha256')
