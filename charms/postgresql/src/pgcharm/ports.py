"""The ports of the units of one machine: each allocated once, under a lock, and remembered."""

from __future__ import annotations

import contextlib
import dataclasses
import errno
import fcntl
import json
import os
import socket
from collections.abc import Generator, Mapping
from pathlib import Path
from typing import Any

from . import errors, files

_LAST = 65535


@dataclasses.dataclass(frozen=True)
class Ports:
    """The ports that one unit listens on; 0 where it does not."""

    postgresql: int
    patroni: int
    etcd_client: int
    etcd_peer: int


@dataclasses.dataclass(frozen=True)
class _Entry:
    address: str
    ports: Ports


def remembered(folder: Path, key: str) -> Ports | None:
    """Return what :func:`allocate` gave to the unit *key*, or None."""
    entry = _read(folder / 'ports.json').get(key)
    return entry.ports if entry else None


def allocate(folder: Path, key: str, address: str, first: Ports) -> Ports:
    """Return the ports of the unit *key*, the same ones at every call.

    Args:
        folder: Where the units of this machine keep what they share; made if missing.
        key: The unit's name on this machine.
        address: Where it listens. Two units with addresses of their own may have equal ports.
        first: The ports to try first; each is counted up until one is free. 0 stays 0.

    Raises:
        errors.OperatorError: If no port is left.
    """
    with _locked(folder):
        path = folder / 'ports.json'
        entries = dict(_read(path))
        mine = entries.pop(key, None)
        if mine is None:
            taken = {
                port
                for entry in entries.values()
                if entry.address == address
                for port in dataclasses.astuple(entry.ports)
            }
            chosen: dict[str, int] = {}
            for field in dataclasses.fields(Ports):
                wanted = getattr(first, field.name)
                chosen[field.name] = _free(address, wanted, taken) if wanted else 0
                taken.add(chosen[field.name])
            mine = _Entry(address, Ports(**chosen))
        mine = dataclasses.replace(mine, address=address)
        _write(path, {**entries, key: mine})
        return mine.ports


def count(folder: Path) -> int:
    """Return how many units of this machine have a port for PostgreSQL, at least 1."""
    entries = _read(folder / 'ports.json').values()
    return max(1, sum(entry.ports.postgresql > 0 for entry in entries))


def release(folder: Path, key: str) -> None:
    """Forget the ports of the unit *key*; harmless when called twice."""
    if remembered(folder, key) is None:
        return
    with _locked(folder):
        path = folder / 'ports.json'
        _write(path, {name: entry for name, entry in _read(path).items() if name != key})


def _free(address: str, first: int, taken: set[int]) -> int:
    for port in range(first, _LAST + 1):
        if port not in taken and _can_bind(address, port):
            return port
    raise errors.OperatorError(
        f'cannot find a free port from {first} on {address}; free one of them'
    )


def _can_bind(address: str, port: int) -> bool:
    family = socket.AF_INET6 if ':' in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        # Without this a port whose last connections are still in TIME_WAIT counts as taken.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except OSError as error:
            if error.errno in (errno.EADDRINUSE, errno.EACCES):
                return False
            raise
        return True


@contextlib.contextmanager
def _locked(folder: Path) -> Generator[None]:
    folder.mkdir(mode=0o755, parents=True, exist_ok=True)
    if folder.stat().st_uid != os.geteuid():
        raise errors.OperatorError(f"cannot use {folder}: it is somebody else's; remove it")
    descriptor = os.open(folder / 'ports.lock', os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _read(path: Path) -> Mapping[str, _Entry]:
    content: dict[str, dict[str, Any]] = json.loads(files.read(path) or '{}')
    return {
        key: _Entry(str(entry['address']), Ports(**entry['ports']))
        for key, entry in content.items()
    }


def _write(path: Path, entries: Mapping[str, _Entry]) -> None:
    content = {key: dataclasses.asdict(entry) for key, entry in sorted(entries.items())}
    files.write(path, json.dumps(content, indent=1))
