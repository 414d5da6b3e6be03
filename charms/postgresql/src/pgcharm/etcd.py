"""etcd: how it is started, and what it says of itself; :mod:`pgcharm.consensus` asks it."""

from __future__ import annotations

import base64
import dataclasses
import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from . import errors, files, https, layout, ports

_COPY = Path('member/snap/db')
"""etcd's keys, in its data directory."""


@dataclasses.dataclass(frozen=True)
class Start:
    """How a unit's etcd began: it matters only while its data directory is empty.

    Remembered, because a member that was removed can come back only as another one, with an
    empty directory.
    """

    token: str
    """The cluster's; members of different tokens never talk to each other."""

    peers: Mapping[str, str]
    """Peer URL of each member, by name, as the cluster knew them when this one was added."""

    member: str = ''
    """Its id; empty for a cluster's first member."""

    is_clean: bool = True
    """Whether nothing of an earlier member is left in the data directory."""


def read_start(places: layout.Layout) -> Start | None:
    """Return how the unit's etcd began, or None where it has none."""
    text = files.read(places.etcd_start)
    return None if text is None else Start(**json.loads(text))


def write_start(places: layout.Layout, start: Start | None) -> None:
    """Forget what the unit's etcd was, and remember how it begins now; None: not at all.

    Call it while no etcd runs. A kill in the middle leaves a start that is not clean.
    """
    if start is None:
        files.remove(places.etcd)
        files.remove(places.etcd_start)
        return
    files.write(places.etcd_start, _text(dataclasses.replace(start, is_clean=False)))
    files.remove(places.etcd)
    files.ensure_folder(places.etcd, owner=places.service_user)
    files.write(places.etcd_start, _text(start))


def restore(places: layout.Layout, start: Start, address: str, etcdctl: Path) -> None:
    """Make a cluster of one member of what the unit's etcd knew; call it while no etcd runs.

    A learner's copy will do as well as a voter's. A kill in the middle leaves the old directory,
    or both, and this is done again.

    Source: etcd documentation, "Disaster recovery": ``--skip-hash-check`` is for a file that was
    copied from a data directory.
    """
    numbers = ports.remembered(layout.machine_root(), places.key)
    assert numbers is not None
    old, new = places.etcd.with_name('etcd.old'), places.etcd.with_name('etcd.new')
    kept = next(path for path in (places.etcd, old) if (path / _COPY).exists())
    files.remove(new)
    peer = https.url(address, numbers.etcd_peer)
    user = layout.service_user()
    files.ensure_folder(new, owner=user)
    subprocess.run(
        [
            *(str(etcdctl), 'snapshot', 'restore', str(kept / _COPY), '--skip-hash-check'),
            *('--name', places.member, '--initial-cluster', f'{places.member}={peer}'),
            *('--initial-advertise-peer-urls', peer),
            *('--initial-cluster-token', start.token, '--data-dir', str(new / 'data')),
        ],
        env={'ETCDCTL_API': '3', 'PATH': '/usr/bin:/bin'},
        capture_output=True,
        check=True,
        cwd='/',
        user=user,
        group=user,
        extra_groups=[] if user else None,
    )
    if kept == places.etcd:
        files.remove(old)
        places.etcd.rename(old)
    files.remove(places.etcd)
    (new / 'data').rename(places.etcd)
    files.write(places.etcd_start, _text(start))
    files.remove(new)
    files.remove(old)


def _text(start: Start) -> str:
    return json.dumps(dataclasses.asdict(start), indent=1)


def command(
    binary: Path, start: Start, address: str, places: layout.Layout, numbers: ports.Ports
) -> tuple[str, ...]:
    """Return the command line of a member.

    The flags are those that etcd 3.4 to 3.6 share. With ``--client-cert-auth`` etcd answers
    nobody who has no certificate of the application's authority; its JSON gateway calls etcd
    with the server's own certificate, which therefore must be good for clients too.

    Args:
        binary: The program.
        start: How the member began.
        address: Where it listens, and where the others find it.
        places: The unit's.
        numbers: Its ports.

    Source: etcd documentation, "Configuration flags" and "Transport security model".
    """
    client = https.url(address, numbers.etcd_client)
    peer = https.url(address, numbers.etcd_peer)
    members = {**start.peers, places.member: peer}
    return (
        str(binary),
        f'--name={places.member}',
        f'--data-dir={places.etcd}',
        f'--listen-client-urls={client}',
        f'--advertise-client-urls={client}',
        f'--listen-peer-urls={peer}',
        f'--initial-advertise-peer-urls={peer}',
        '--initial-cluster=' + ','.join(f'{name}={url}' for name, url in sorted(members.items())),
        f'--initial-cluster-token={start.token}',
        f'--initial-cluster-state={"existing" if start.member else "new"}',
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


def is_ready(door: https.Door, timeout: float = 1.0) -> bool:
    """Tell whether etcd serves and has agreed on its cluster's version.

    Patroni gives up on an etcd that has not.
    """
    try:
        answer = https.ask(door, 'GET', '/version', timeout=timeout)
    except errors.UnreachableError:
        return False
    return answer.status == 200 and answer.record.get('etcdcluster') not in (
        None,
        '',
        'not_decided',
    )


def key_request(key: str) -> dict[str, Any]:
    """Return the body of ``POST /v3/kv/range`` that asks for *key*."""
    return {'key': base64.b64encode(key.encode()).decode()}


def range_request(first: str, prefix: str) -> dict[str, Any]:
    """Return the body of ``POST /v3/kv/range`` for all keys from *first* to those of *prefix*."""
    end = prefix[:-1] + chr(ord(prefix[-1]) + 1)
    return {**key_request(first), 'range_end': base64.b64encode(end.encode()).decode()}


def watch_request(keys: Mapping[str, Any], revision: int) -> dict[str, Any]:
    """Return the body of ``POST /v3/watch`` that streams the changes of *keys* after *revision*.

    Args:
        keys: A request of above.
        revision: Of the answer to it.
    """
    return {'create_request': {**keys, 'start_revision': str(revision + 1)}}


def key(record: Mapping[str, Any]) -> str:
    """Return the key of a record."""
    return base64.b64decode(str(record['key'])).decode()


def value(record: Mapping[str, Any]) -> str:
    """Return the value in a record of a key; empty for one that was deleted."""
    return base64.b64decode(str(record.get('value', ''))).decode()
