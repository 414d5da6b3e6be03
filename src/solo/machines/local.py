"""A machine that is a folder and an address of its own in 127.0.0.0/8, for any user anywhere.

Processes share the host's network and file system. Addresses are leased to a data directory in a
place that all of its user's look at. Other users' and containers' leases can't be seen from here,
so each data directory begins at a place of its own and passes over what somebody listens on.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import signal
import socket
import struct
import subprocess
import time
from collections.abc import Generator, Mapping, Sequence
from pathlib import Path
from typing import IO

from .. import errors
from . import forward, jujud, provider
from . import leases as shared

_PATIENCE = 10.0  # seconds that processes get to end by themselves


class Local:
    """Machines of one data directory.

    Args:
        data: The data directory.
        leases: Where the addresses of all data directories of this host are noted.
    """

    name = 'local'
    has_power = False

    def __init__(self, data: Path, leases: shared.Leases | None = None) -> None:
        self._data = data
        self._leases = leases or shared.Leases()

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
        address = machine.address or self._leases.take(
            self._owner(machine), _addresses(self._data), _listening()
        )
        jujud.show()
        return provider.Made(address, boot)

    def destroy(self, machine: provider.Machine) -> None:
        """End what still runs below the machine's folder, remove it, and free the address."""
        folder = self._folder(machine)
        _end_processes(str(folder))
        shutil.rmtree(folder, ignore_errors=True)
        with contextlib.suppress(OSError):
            folder.parent.rmdir()
        self._leases.free(self._owner(machine))
        with self._leases.table() as table:
            if not table:
                jujud.hide()

    def check(self) -> None:
        """Find nothing wrong: any host has folders."""

    def enter(self, machine: provider.Machine, cwd: Path) -> list[str]:
        """Return nothing: a machine's processes are the host's."""
        del machine, cwd
        return []

    def root(self, machine: provider.Machine) -> str:
        """Return nothing: a machine's files are the host's."""
        del machine
        return ''

    def spawn(
        self,
        machine: provider.Machine,
        argv: list[str],
        *,
        env: Mapping[str, str],
        cwd: Path,
        stdin: int | IO[bytes] | None,
        stdout: int | IO[bytes] | None,
        stderr: int | IO[bytes] | None,
    ) -> subprocess.Popen[bytes]:
        """Start a process on the host, in a session of its own."""
        del machine
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

    def place(self, machine: provider.Machine, folder: Path, location: str) -> Path:
        """Make the folder appear below the machine's own, by a link."""
        link = self._folder(machine) / 'root' / location.lstrip('/')
        provider.link(link, folder)
        return link

    def connect(self, cuts: Sequence[provider.Cut], addresses: Mapping[str, str]) -> None:
        """Do nothing: there is one network, the host's own."""
        del cuts, addresses

    def expose(self, rules: Sequence[forward.Rule]) -> None:
        """Do nothing: what isn't the host's own may not come in as 127.0.0.0/8, ip-sysctl.rst."""
        del rules

    def power(self, machine: provider.Machine, what: provider.Power) -> None:
        """Refuse: a folder has no power switch."""
        raise errors.Error(
            f'cannot {what} machine "{machine.key}": machines of the provider "local" are folders'
        )

    def _folder(self, machine: provider.Machine) -> Path:
        return self._data / 'machines' / machine.key

    def _owner(self, machine: provider.Machine) -> str:
        return f'{self._data}:{machine.key}'


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
