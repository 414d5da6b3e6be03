"""An authority of the application's own, and certificates by it: EC P-256.

The library costs 0.1 s to import: import this module only where something is to be issued.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import ipaddress
from collections.abc import Iterable
from typing import cast

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

_AUTHORITY_LIVES = dt.timedelta(days=3650)
_CERTIFICATE_LIVES = dt.timedelta(days=365)
# Python 3.13 verifies strictly, and refuses an authority that doesn't say so (RFC 5280, 4.2.1.3).
_SIGNS = x509.KeyUsage(
    key_cert_sign=True,
    crl_sign=True,
    digital_signature=False,
    content_commitment=False,
    key_encipherment=False,
    data_encipherment=False,
    key_agreement=False,
    encipher_only=False,
    decipher_only=False,
)
_SKEW = dt.timedelta(hours=1)  # clocks of units differ


@dataclasses.dataclass(frozen=True)
class Authority:
    """A certificate that signs others, and its key, both PEM."""

    cert_pem: str
    key_pem: str


@dataclasses.dataclass(frozen=True)
class Pair:
    """A certificate and its key, both PEM."""

    cert_pem: str
    key_pem: str


def make_ca(name: str) -> Authority:
    """Make an authority with that common name, good for ten years."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = _name(name)
    certificate = (
        _builder(subject, subject, key.public_key(), _AUTHORITY_LIVES)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_SIGNS, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    return Authority(_pem(certificate), _key_pem(key))


def issue(ca: Authority, common_name: str, names: Iterable[str]) -> Pair:
    """Issue a certificate for servers and clients, good for a year.

    Args:
        ca: Who signs.
        common_name: At most 64 characters are kept (RFC 5280).
        names: Addresses and host names that it is for.
    """
    key_pem, public_key = make_key()
    return Pair(sign(ca, common_name, names, public_key), key_pem)


def make_key() -> tuple[str, str]:
    """Make a key and return it and its public part, both PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return _key_pem(key), public.decode()


def sign(ca: Authority, common_name: str, names: Iterable[str], public_key: str) -> str:
    """Issue a certificate as :func:`issue` does, for a key that somebody else keeps.

    Raises:
        ValueError: If that is no such key as :func:`make_key` makes.
    """
    authority = x509.load_pem_x509_certificate(ca.cert_pem.encode())
    signer = cast(
        'ec.EllipticCurvePrivateKey',
        serialization.load_pem_private_key(ca.key_pem.encode(), password=None),
    )
    key = serialization.load_pem_public_key(public_key.encode())
    if not isinstance(key, ec.EllipticCurvePublicKey) or key.curve.name != 'secp256r1':
        raise ValueError('not a key of the curve P-256')
    certificate = (
        _builder(_name(common_name), authority.subject, key, _CERTIFICATE_LIVES)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(
            x509.SubjectAlternativeName([_general(name) for name in names]), critical=False
        )
        .add_extension(
            x509.ExtendedKeyUsage(
                [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
            ),
            critical=False,
        )
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()),
            critical=False,
        )
        .sign(signer, hashes.SHA256())
    )
    return _pem(certificate)


def expires_at(pem: str) -> dt.datetime:
    """Return when the certificate is no longer good, in UTC."""
    return x509.load_pem_x509_certificate(pem.encode()).not_valid_after_utc


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text[:64])])


def _general(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePublicKey,
    lives: dt.timedelta,
) -> x509.CertificateBuilder:
    now = dt.datetime.now(dt.timezone.utc)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _SKEW)
        .not_valid_after(now + lives)
    )


def _pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(serialization.Encoding.PEM).decode()


def _key_pem(key: ec.EllipticCurvePrivateKey) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()
