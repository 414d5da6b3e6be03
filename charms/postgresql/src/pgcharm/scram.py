"""What PostgreSQL keeps of a password.

``SCRAM-SHA-256$<iterations>:<salt>$<StoredKey>:<ServerKey>``. Source: RFC 5802, RFC 7677;
PostgreSQL manual, "pg_authid".
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
from collections.abc import Iterable

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


class Proven:
    """What was found to be a verifier of a password: 3 ms each, and a hook asks hundreds of times.

    A proof is a digest of both, so that it may be kept from hook to hook.
    """

    def __init__(self) -> None:
        self._before: frozenset[str] = frozenset()
        self.now: set[str] = set()
        """Proofs that were needed since the start of this process."""

    def recall(self, proofs: Iterable[str]) -> None:
        """Take over what an earlier process proved."""
        self._before = frozenset(proofs)

    def holds(self, kept: str, password: str) -> bool:
        """Tell whether *kept* is a verifier of *password*."""
        proof = hashlib.sha256(f'{kept}\0{password}'.encode()).hexdigest()[:32]
        if proof in self._before or proof in self.now or _is_verifier_of(kept, password):
            self.now.add(proof)
            return True
        return False


PROVEN = Proven()
"""That of this process."""


def is_verifier_of(kept: str, password: str) -> bool:
    """Tell whether *kept*, as PostgreSQL has it, was made from *password*."""
    return PROVEN.holds(kept, password)


def _is_verifier_of(kept: str, password: str) -> bool:
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
