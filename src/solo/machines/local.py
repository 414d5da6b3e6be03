"""A machine that is a folder and an address of its own in 127.0.0.0/8, for any user anywhere.

Processes share the host's network and file system. Addresses are leased to a data directory in a
place that all of its user's look at. Other users' and containers' leases can't be seen from here,
so each data directory begins at a place of its own and passes over what somebody listens on.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import shutil
import signal
import socket
import struct
import subprocess
import time
from collections.abc import Generator, Mapping
from pathlib import Path
from typing import IO

from .. import errors
from . import provider

_LEASES = Path('/var/lib/solo-addresses')
_PATIENCE = 10.0  # seconds that processes get to end by themselves


class Local:
    """Machines of one data directory.

    Args:
        data: The data directory.
        leases: Where the addresses of all data directories of this host are noted.
    """

    name = 'local'

    def __init__(self, data: Path, leases: Path | None = None) -> None:
        self._data = data
        self._leases = leases or (
            _LEASES if os.geteuid() == 0 else Path(f'/var/tmp/solo-addresses-{os.geteuid()}')  # noqa: S108  # survives a reboot
        )

    def create(self, machine: provider.Machine) -> provider.Made:
        """Make the folder and lease an address; the host's boot is the machine's."""
        folder = self._folder(machine)
        try:
            for part in (folder.parent, folder):
                part.mkdir(parents=True, exist_ok=True)
                part.chmod(0o711)
            (folder / 'log').mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            raise errors.Error(
                f'cannot make machine "{machine.key}" in "{folder}": {error.strerror}'
            ) from error
        boot = Path('/proc/sys/kernel/random/boot_id').read_text().strip()
        return provider.Made(machine.address or self._lease(machine), boot)

    def destroy(self, machine: provider.Machine) -> None:
        """End what still runs below the machine's folder, remove it, and free the address."""
        folder = self._folder(machine)
        _end_processes(str(folder))
        shutil.rmtree(folder, ignore_errors=True)
        with contextlib.suppress(OSError):
            folder.parent.rmdir()
        with self._table() as table:
            key = self._owner(machine)
            for address in [one for one, owner in table.items() if owner == key]:
                del table[address]

    def spawn(
        self,
        argv: list[str],
        *,
        env: Mapping[str, str],
        cwd: Path,
        stdin: int | IO[bytes] | None,
        stdout: int | IO[bytes] | None,
        stderr: int | IO[bytes] | None,
    ) -> subprocess.Popen[bytes]:
        """Start a process on the host, in a session of its own."""
        return subprocess.Popen(
            argv,
            env=dict(env),
            cwd=cwd,
            stdin=stdin,
            stdout=stdout,
            stderr=stderr,
            start_new_session=True,
            umask=0o022,
        )

    def root(self, machine: provider.Machine) -> Path:
        """Return the folder that stands for ``/`` in a charm's storage locations."""
        return self._folder(machine) / 'root'

    def power(self, machine: provider.Machine, what: provider.Power) -> None:
        """Refuse: a folder has no power switch."""
        raise errors.Error(
            f'cannot {what} machine "{machine.key}": machines of the provider "local" are folders'
        )

    def _folder(self, machine: provider.Machine) -> Path:
        return self._data / 'machines' / machine.key

    def _owner(self, machine: provider.Machine) -> str:
        return f'{self._data}:{machine.key}'

    def _lease(self, machine: provider.Machine) -> str:
        owner = self._owner(machine)
        with self._table() as table:
            for address, holder in table.items():
                if holder == owner:
                    return address
            used = table.keys() | _listening()
            for address in _addresses(self._data):
                if address not in used:
                    table[address] = owner
                    return address
        raise errors.Error(f'cannot lease an address: all are taken, see "{self._leases}"')

    @contextlib.contextmanager
    def _table(self) -> Generator[dict[str, str], None, None]:
        """Read the leases under a lock, and write them beside and renamed if they changed.

        A data directory that is gone gives its addresses back.
        """
        self._leases.mkdir(mode=0o755, parents=True, exist_ok=True)
        path = self._leases / 'leases.json'
        with open(self._leases / 'lock', 'w') as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            before: dict[str, str] = {}
            with contextlib.suppress(FileNotFoundError, ValueError):
                before = json.loads(path.read_text())
            table = {
                address: owner
                for address, owner in before.items()
                if os.path.isdir(owner.rpartition(':')[0])
            }
            yield table
            if table != before:
                fresh = path.with_suffix('.new')
                fresh.write_text(json.dumps(table, indent=1))
                fresh.rename(path)


def _addresses(data: Path) -> Generator[str, None, None]:
    """Yield the addresses to lease, 127.90.0.1 to 127.249.255.254: no distribution uses these."""
    networks = 160 * 256
    first = int(hashlib.sha256(os.fsencode(data)).hexdigest(), 16) % networks
    for number in range(first, first + networks):
        high, low = divmod(number % networks, 256)
        for last in range(1, 255):
            yield f'127.{90 + high}.{low}.{last}'


def _listening() -> set[str]:
    """Return the IPv4 addresses that somebody listens on. Source: proc(5), /proc/net/tcp."""
    with open('/proc/net/tcp') as table:
        sockets = [line.split() for line in table][1:]
    # Four bytes in the machine's order, in hexadecimal; state 0A is TCP_LISTEN.
    return {
        socket.inet_ntoa(struct.pack('=I', int(words[1].partition(':')[0], 16)))
        for words in sockets
        if words[3] == '0A'
    }


def _end_processes(folder: str) -> None:
    """End every process that has to do with *folder*: asked first, then made to."""
    deadline = time.monotonic() + _PATIENCE
    asked: set[int] = set()
    while True:
        found = _processes_of(folder)
        if not found:
            return
        final = time.monotonic() > deadline
        for pid in found:
            if final or pid not in asked:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL if final else signal.SIGTERM)
                asked.add(pid)
        if time.monotonic() > deadline + _PATIENCE:
            raise errors.Error(f'cannot end the processes of "{folder}": {sorted(found)}')
        time.sleep(0.05)  # a poll with a deadline: they are not our children


def _processes_of(folder: str) -> set[int]:
    """Return the processes whose program, folder, command line or environment lie in *folder*."""
    inside = folder.encode() + b'/'
    found: set[int] = set()
    for entry in os.scandir('/proc'):
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        with contextlib.suppress(OSError):
            texts = [os.readlink(f'{entry.path}/cwd').encode() + b'/']
            for name in ('cmdline', 'environ'):
                with open(f'{entry.path}/{name}', 'rb') as file:
                    texts.append(file.read())
            if any(inside in text for text in texts):
                found.add(int(entry.name))
    return found
