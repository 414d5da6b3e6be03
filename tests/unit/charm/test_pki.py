"""An authority of the application's own, and what it issues."""

from __future__ import annotations

import datetime as dt
import ssl
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import ExtendedKeyUsageOID

from pgcharm import pki


@pytest.fixture(scope='module')
def authority() -> pki.Authority:
    return pki.make_ca('pg-a')


def certificate(pem: str) -> x509.Certificate:
    return x509.load_pem_x509_certificate(pem.encode())


def handshake(server: pki.Pair, client: pki.Pair, ca: str, name: str, folder: Path) -> bool:
    """Tell whether two ends with these certificates agree; no socket is needed for that."""

    def context(protocol: int, pair: pki.Pair) -> ssl.SSLContext:
        made = ssl.SSLContext(protocol)
        made.verify_mode = ssl.CERT_REQUIRED
        made.verify_flags |= ssl.VERIFY_X509_STRICT  # as Python 3.13 does
        made.load_verify_locations(cadata=ca)
        (folder / 'pair.pem').write_text(pair.cert_pem + pair.key_pem)
        made.load_cert_chain(folder / 'pair.pem')
        return made

    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = [
        context(ssl.PROTOCOL_TLS_CLIENT, client).wrap_bio(
            to_client, to_server, server_hostname=name
        ),
        context(ssl.PROTOCOL_TLS_SERVER, server).wrap_bio(to_server, to_client, server_side=True),
    ]
    done: set[int] = set()
    for _ in range(10):
        for number, end in enumerate(ends):
            try:
                end.do_handshake()
                done.add(number)
            except ssl.SSLWantReadError:
                continue
            except ssl.SSLError:
                return False
    return len(done) == 2


def test_one_certificate_serves_and_connects(authority: pki.Authority, tmp_path: Path) -> None:
    pair = pki.issue(authority, 'pg-a/0', ['10.0.0.1', '2001:db8::1', 'pg.example'])

    for name in ('10.0.0.1', '2001:db8::1', 'pg.example'):
        assert handshake(pair, pair, authority.cert_pem, name, tmp_path)
    assert not handshake(pair, pair, authority.cert_pem, '10.0.0.2', tmp_path)


def test_another_authority_of_the_same_name_is_not_believed(
    authority: pki.Authority, tmp_path: Path
) -> None:
    other = pki.issue(pki.make_ca('pg-a'), 'pg-a/0', ['10.0.0.1'])

    assert not handshake(other, other, authority.cert_pem, '10.0.0.1', tmp_path)


def test_certificate_is_for_servers_and_clients_but_issues_none(authority: pki.Authority) -> None:
    made = certificate(pki.issue(authority, 'pg-a/0', ['10.0.0.1']).cert_pem)

    usage = made.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert set(usage) == {ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH}
    assert not made.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    key = made.public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    assert key.curve.name == 'secp256r1'


def test_certificate_is_good_for_a_year_and_the_authority_for_ten(
    authority: pki.Authority,
) -> None:
    pair = pki.issue(authority, 'pg-a/0', [])
    now = dt.datetime.now(dt.timezone.utc)

    assert 364 <= (pki.expires_at(pair.cert_pem) - now).days <= 366
    assert 3649 <= (pki.expires_at(authority.cert_pem) - now).days <= 3651


def test_clock_that_is_behind_takes_a_new_certificate(authority: pki.Authority) -> None:
    made = certificate(pki.issue(authority, 'pg-a/0', []).cert_pem)

    assert made.not_valid_before_utc < dt.datetime.now(dt.timezone.utc) - dt.timedelta(minutes=30)


def test_long_name_is_cut_where_the_standard_says(authority: pki.Authority) -> None:
    made = certificate(pki.issue(authority, 'a' * 80, []).cert_pem)

    (name,) = made.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
    assert name.value == 'a' * 64


def test_key_that_somebody_else_keeps_is_signed(authority: pki.Authority) -> None:
    _, public = pki.make_key()

    signed = certificate(pki.sign(authority, 'w/0', ['10.0.0.9'], public))

    names = signed.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert [str(one.value) for one in names] == ['10.0.0.9']


def test_key_of_another_kind_is_refused(authority: pki.Authority) -> None:
    for curve in (ec.SECP384R1(), ec.SECP256K1()):
        public = ec.generate_private_key(curve).public_key()
        pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
        with pytest.raises(ValueError, match='P-256'):
            pki.sign(authority, 'w/0', ['10.0.0.9'], pem)
    with pytest.raises(ValueError):
        pki.sign(authority, 'w/0', ['10.0.0.9'], 'none')
