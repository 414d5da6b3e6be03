"""etcd: how it is started, and what it says of itself. The only module that knows its API."""

from __future__ import annotations

import base64
import dataclasses
from pathlib import Path
from typing import Any

from . import errors, https, layout, ports


@dataclasses.dataclass(frozen=True)
class Member:
    """A member of the cluster, as it is started."""

    name: str
    address: str
    """Where it listens, and where the others find it."""

    token: str
    """The cluster's; members of different tokens never talk to each other."""


def command(
    binary: Path, member: Member, places: layout.Layout, numbers: ports.Ports
) -> tuple[str, ...]:
    """Return the command line of a cluster's first and only voter.

    The flags are those that etcd 3.3 to 3.6 share. With ``--client-cert-auth`` etcd answers
    nobody who has no certificate of the application's authority; its JSON gateway calls etcd
    with the server's own certificate, which therefore must be good for clients too.

    Source: etcd documentation, "Configuration flags" and "Transport security model".
    """
    host = f'[{member.address}]' if ':' in member.address else member.address
    client = f'https://{host}:{numbers.etcd_client}'
    peer = f'https://{host}:{numbers.etcd_peer}'
    return (
        str(binary),
        f'--name={member.name}',
        f'--data-dir={places.etcd}',
        f'--listen-client-urls={client}',
        f'--advertise-client-urls={client}',
        f'--listen-peer-urls={peer}',
        f'--initial-advertise-peer-urls={peer}',
        f'--initial-cluster={member.name}={peer}',
        f'--initial-cluster-token={member.token}',
        '--initial-cluster-state=new',
        f'--cert-file={places.certificate}',
        f'--key-file={places.private_key}',
        f'--trusted-ca-file={places.ca}',
        '--client-cert-auth=true',
        f'--peer-cert-file={places.certificate}',
        f'--peer-key-file={places.private_key}',
        f'--peer-trusted-ca-file={places.ca}',
        '--peer-client-cert-auth=true',
        # Patroni writes every second and wants no history.
        '--auto-compaction-mode=periodic',
        '--auto-compaction-retention=1h',
    )


def is_ready(door: https.Door) -> bool:
    """Tell whether etcd serves and has agreed on its cluster's version.

    Patroni gives up on an etcd that has not.
    """
    try:
        answer = https.ask(door, 'GET', '/version', timeout=1.0)
    except errors.UnreachableError:
        return False
    return answer.status == 200 and answer.record.get('etcdcluster') not in (
        None,
        '',
        'not_decided',
    )


def watch_request(key: str) -> dict[str, Any]:
    """Return the body of ``POST /v3/watch`` that streams the changes of *key*."""
    return {'create_request': {'key': base64.b64encode(key.encode()).decode()}}
