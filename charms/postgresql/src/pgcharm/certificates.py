"""The unit's certificate: what it is for, and when another is due.

What was issued stands in a file beside it, so that a hook need not load a library of
cryptography (0.1 s) to learn that nothing is to be done.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
import json

from . import files, layout

_RENEW_BEFORE = dt.timedelta(days=30)


@dataclasses.dataclass(frozen=True)
class Issued:
    """A certificate that lies in the unit's folder."""

    names: tuple[str, ...]
    expires: dt.datetime
    authority: str
    """Digest of the certificate that signed it."""

    def is_good(self, names: tuple[str, ...], ca: str, now: dt.datetime) -> bool:
        """Tell whether it covers exactly *names*, is signed by *ca* and lasts a while."""
        return (
            self.names == names
            and self.authority == digest(ca)
            and self.expires - _RENEW_BEFORE > now
        )


def digest(ca: str) -> str:
    """Return what :attr:`Issued.authority` is for the certificate *ca*."""
    return hashlib.sha256(ca.strip().encode()).hexdigest()


def read(places: layout.Layout) -> Issued | None:
    """Return what was issued to the unit, or None where a part of it is missing."""
    text = files.read(places.issued)
    parts = (places.ca, places.certificate, places.private_key)
    if text is None or not all(part.exists() for part in parts):
        return None
    content = json.loads(text)
    return Issued(
        names=tuple(content['names']),
        expires=dt.datetime.fromisoformat(content['expires']),
        authority=content['authority'],
    )


def issue(places: layout.Layout, ca: str, ca_key: str, names: tuple[str, ...]) -> None:
    """Issue a certificate for *names* and put it where the daemons read it.

    Args:
        places: The unit's.
        ca: Certificate of the application's authority.
        ca_key: Its key.
        names: Addresses and host names.
    """
    from . import pki

    pair = pki.issue(pki.Authority(ca, ca_key), places.member, names)
    owner = layout.service_user()
    # The record goes first and comes back last: without it the certificate counts as missing.
    files.remove(places.issued)
    files.write(places.private_key, pair.key_pem, owner=owner)
    files.write(places.certificate, pair.cert_pem, owner=owner)
    files.write(places.ca, ca, owner=owner)
    content = {
        'names': names,
        'expires': pki.expires_at(pair.cert_pem).isoformat(),
        'authority': digest(ca),
    }
    files.write(places.issued, json.dumps(content))
