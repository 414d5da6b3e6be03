"""Ask a daemon, of this unit or another, over TLS with the unit's certificate."""

from __future__ import annotations

import base64
import dataclasses
import http.client
import json
import ssl
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, TypeGuard

from . import errors


@dataclasses.dataclass(frozen=True)
class Door:
    """Where a daemon listens and what it wants to see."""

    address: str
    port: int
    ca: Path
    certificate: Path
    private_key: Path
    user: str = ''
    password: str = dataclasses.field(default='', repr=False)

    def context(self) -> ssl.SSLContext:
        """Return the TLS settings: our authority only, our certificate shown."""
        context = ssl.create_default_context(cafile=str(self.ca))
        context.load_cert_chain(self.certificate, self.private_key)
        return context


def url(address: str, port: int) -> str:
    """Return the URL of a listener."""
    host = f'[{address}]' if ':' in address else address
    return f'https://{host}:{port}'


def doors(
    hosts: Iterable[str], ca: Path, certificate: Path, private_key: Path
) -> tuple[Door, ...]:
    """Return the ways to *hosts*, each ``address:port`` with brackets around one of IPv6."""
    split = (host.rpartition(':') for host in hosts)
    return tuple(
        Door(address.strip('[]'), int(port), ca, certificate, private_key)
        for address, _, port in split
    )


def is_record(content: Any) -> TypeGuard[Mapping[str, Any]]:
    """Tell whether decoded JSON is an object."""
    return isinstance(content, dict)


@dataclasses.dataclass(frozen=True)
class Answer:
    """What a daemon said."""

    status: int
    content: Any
    """The decoded JSON, or the text where it is none."""

    @property
    def record(self) -> Mapping[str, Any]:
        """The content where it is an object, else an empty one."""
        return self.content if is_record(self.content) else {}


def ask(
    door: Door,
    method: str,
    path: str,
    body: Mapping[str, Any] | None = None,
    *,
    timeout: float = 2.0,
) -> Answer:
    """Ask and return the answer, whatever its status.

    Raises:
        errors.UnreachableError: If there is no answer within *timeout*.
    """
    headers = {'Content-Type': 'application/json'}
    if door.user:
        token = base64.b64encode(f'{door.user}:{door.password}'.encode()).decode()
        headers['Authorization'] = f'Basic {token}'
    try:
        connection = http.client.HTTPSConnection(
            door.address, door.port, timeout=timeout, context=door.context()
        )
        try:
            connection.request(method, path, None if body is None else json.dumps(body), headers)
            response = connection.getresponse()
            text = response.read().decode(errors='replace')
        finally:
            connection.close()
    except (OSError, http.client.HTTPException) as error:
        where = f'{door.address}:{door.port}'
        raise errors.UnreachableError(f'{where} does not answer: {error}') from None
    try:
        return Answer(response.status, json.loads(text))
    except ValueError:
        return Answer(response.status, text)
