"""What an application and its witness tell each other: the relation's two bags, checked.

The witness keeps its own key and asks for a certificate; the application's leader signs, and says
where etcd is. Who is a member stands in etcd only: there each learns what the other did.
"""

from __future__ import annotations

import dataclasses
import hashlib
import ipaddress
import re
from collections.abc import Mapping

from . import https, membership

RELATION = 'witness'

_PEM = re.compile(r'-----BEGIN ([A-Z ]+)-----\n[A-Za-z0-9+/=\n]{40,8000}\n-----END \1-----\n?')
_WORD = re.compile(r'[A-Za-z0-9.-]{1,64}')
_NUMBER = re.compile(r'\d{1,10}', re.ASCII)
_MOST_ADDRESSES = 8
_MOST_HOSTS = 32


@dataclasses.dataclass(frozen=True)
class Request:
    """What a witness says of itself."""

    unit: str
    addresses: tuple[str, ...]
    """Where it listens, then all others that its certificate has to cover."""

    client_port: int
    peer_port: int
    public_key: str
    answer: str
    """The last call that it has heard, once it has its certificate."""

    @property
    def peer_url(self) -> str:
        """Where the other members find it."""
        return https.url(self.addresses[0], self.peer_port)

    def identity(self, ca: str) -> str:
        """Return what changes when another certificate is due."""
        text = repr((self.unit, self.addresses, self.public_key.strip(), ca.strip()))
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def to_bag(self) -> dict[str, str]:
        """Return it as the unit's bag has it."""
        return {
            'addresses': ' '.join(self.addresses),
            'client-port': str(self.client_port),
            'peer-port': str(self.peer_port),
            'public-key': self.public_key,
            'answer': self.answer,
        }


def read_request(unit: str, bag: Mapping[str, str]) -> Request | None:
    """Return what a witness's bag says; None where it is not whole, or not to be believed."""
    addresses = tuple(bag.get('addresses', '').split())
    ports = [_port(bag.get(name, '')) for name in ('client-port', 'peer-port')]
    key, answer = bag.get('public-key', ''), bag.get('answer', '')
    is_good = (
        0 < len(addresses) <= _MOST_ADDRESSES
        and all(_is_address(one) for one in addresses)
        and all(ports)
        and _PEM.fullmatch(key)
        and (not answer or _NUMBER.fullmatch(answer))
    )
    return Request(unit, addresses, ports[0], ports[1], key, answer) if is_good else None


@dataclasses.dataclass(frozen=True)
class Terms:
    """What the application's leader says to its witness."""

    unit: str
    """The unit of the witness that is meant: the others are spare."""

    refused: str
    """Why it will not have it; empty where it will."""

    ca: str
    certificate: str
    """Empty until it is signed."""

    token: str
    hosts: tuple[str, ...]
    """Address and port of each place where etcd may be."""

    call: str


def read_terms(bag: Mapping[str, str]) -> Terms | None:
    """Return what an application's bag says; None where it is not whole, or not to be believed."""
    hosts = tuple(bag.get('hosts', '').split())
    unit, token, call = bag.get('unit', ''), bag.get('token', ''), bag.get('call', '')
    ca, certificate = bag.get('ca', ''), bag.get('certificate', '')
    is_good = (
        unit
        and _PEM.fullmatch(ca)
        and (not certificate or _PEM.fullmatch(certificate))
        and _WORD.fullmatch(token)
        and 0 < len(hosts) <= _MOST_HOSTS
        and all(_is_host(one) for one in hosts)
        and (not call or _NUMBER.fullmatch(call))
    )
    refused = ' '.join(re.sub(r'[^ -~]', '', bag.get('refused', '')).split())
    return Terms(unit, refused[:80], ca, certificate, token, hosts, call) if is_good else None


def pseudo_unit(unit: str, application: str) -> str:
    """Return the name of what *unit* of a witness runs for *application*: ``witness.pg-a/0``.

    Units have no dots in their names: so none has that of a witness, in etcd and on a machine.
    """
    name, _, number = unit.partition('/')
    return f'{name}.{application}/{number}'


def is_witness(member: membership.Member) -> bool:
    """Tell whether a member of etcd says that it is a witness."""
    return '.' in member.name


def _port(text: str) -> int:
    return int(text) if _NUMBER.fullmatch(text) and 0 < int(text) <= 65535 else 0


def _is_address(text: str) -> bool:
    try:
        found = ipaddress.ip_address(text)
    except ValueError:
        return False
    return '%' not in text and not (found.is_unspecified or found.is_multicast)


def _is_host(text: str) -> bool:
    address, _, port = text.rpartition(':')
    return bool(_port(port)) and _is_address(address.removeprefix('[').removesuffix(']'))
