"""A machine that is a set of Linux namespaces over the host's file system, with power.

Its root is an overlay: the machine sees the host's files, and what it writes is its own. So each
has its /etc, /var/lib and packages, none of them the host's, and all goes with the machine. The
data directory is the same inside and outside. What runs is written down in ``boot.json``: the
pid of process 1 and when it started, so that the next controller finds it.

Source: namespaces(7), nsenter(1), the kernel's Documentation/filesystems/overlayfs.rst.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import shutil
import subprocess
import sys
import threading
import urllib.parse
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any

from .. import errors, processes
from . import forward, init, jujud, leases, members, network, provider

_NEEDED = {
    'ip': 'iproute2',
    'nft': 'nftables',
    'nsenter': 'util-linux',
    'unshare': 'util-linux',
    'pivot_root': 'util-linux',
}
_SYSTEM_PATH = '/usr/sbin:/usr/bin:/sbin:/bin'
_BOOT_SECONDS = 60.0
_STOP_SECONDS = 90.0  # what systemd gives a service: DefaultTimeoutStopSec=
_UNSEEN = ('/proc', '/sys', '/dev', '/run', '/tmp', '/var/tmp', '/mnt', '/media', '/boot')  # noqa: S108
_NO_FILES = ('proc', 'sysfs', 'devtmpfs', 'tmpfs', 'devpts', 'cgroup', 'cgroup2', 'overlay')


class Namespace:
    """Machines of one data directory.

    Args:
        data: The data directory.
        table: Who has which addresses on this host.
    """

    name = 'namespace'
    has_power = True

    def __init__(self, data: Path, table: leases.Leases | None = None) -> None:
        self._data = data
        self._network = network.Network(data, table or leases.Leases())
        self._locks: dict[str, threading.RLock] = {}
        self._whole = threading.RLock()

    def check(self) -> None:
        """Look for root, the programs, and a kernel that gives namespaces."""
        if os.geteuid() != 0:
            raise errors.Error('cannot use the provider "namespace": it needs root')
        for program, package in _NEEDED.items():
            if shutil.which(program, path=_SYSTEM_PATH) is None:
                raise errors.Error(
                    f'cannot use the provider "namespace": no program "{program}"; '
                    f'run "apt-get install {package}"'
                )
        done = subprocess.run(
            ['unshare', '--mount', '--net', '--pid', '--uts', '--ipc', '--fork', 'true'],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise errors.Error(
                f'cannot use the provider "namespace": {done.stderr.strip()}; a container needs '
                'to be privileged for it'
            )

    def create(self, machine: provider.Machine) -> provider.Made:
        """Boot the machine unless it runs, plug it in, and thaw it."""
        with self._lock(machine), self._whole:
            self._network.open()
            address = machine.address or self._network.address(machine.key)
            running = self._running(machine)
            if running is None:
                running = self._boot(machine, address)
            self._network.plug(address, running['pid'])
            if self._frozen(machine).exists():
                members.thaw(running['pid'])
                self._frozen(machine).unlink()
            return provider.Made(address, running['boot'])

    def destroy(self, machine: provider.Machine) -> None:
        """End every process, then remove the folder and the cable, and the last one's network."""
        with self._lock(machine):
            self.power(machine, 'kill')
            if machine.address:
                self._network.unplug(machine.address)
            folder = self._folder(machine)
            shutil.rmtree(folder, ignore_errors=True)
            with contextlib.suppress(OSError):
                folder.parent.rmdir()
            self._network.give_back(machine.key)
        with self._whole:
            if not any((self._data / 'machines').glob('*/*/boot.json')):
                self._network.close()

    def enter(self, machine: provider.Machine, cwd: Path) -> list[str]:
        """Return the ``nsenter`` that leads into the machine."""
        return [
            *('nsenter', f'--target={self._pid(machine)}', '--mount', '--uts', '--ipc', '--net'),
            *('--pid', '--', '/usr/bin/env', f'--chdir={cwd}'),
        ]

    def root(self, machine: provider.Machine) -> str:
        """Return the machine's files as the host sees them."""
        return f'/proc/{self._pid(machine)}/root'

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
        """Start a process on the machine; returns the ``nsenter`` that waits."""
        with self._lock(machine):
            if self._frozen(machine).exists():
                raise errors.Error(f'machine "{machine.key}" is frozen')
            return subprocess.Popen(
                self.enter(machine, cwd) + argv,
                executable='/usr/bin/nsenter',
                env=dict(env),
                cwd='/',
                stdin=stdin,
                stdout=stdout,
                stderr=stderr,
                start_new_session=True,
                umask=0o022,
            )

    def place(self, machine: provider.Machine, folder: Path, location: str) -> Path:
        """Make a link in the machine's own files.

        Raises:
            Error: If the folder is one of the host's, of which a machine has but a copy.
        """
        if Path(os.path.realpath(self._data)) not in Path(os.path.realpath(folder)).parents:
            raise errors.Error(
                f'cannot give machine "{machine.key}" the folder "{folder}": a machine of '
                'namespaces shares only the data directory with its host; use the pool "folders"'
            )
        provider.link(Path(self.root(machine)) / location.lstrip('/'), folder)
        return Path('/') / location.lstrip('/')

    def power(self, machine: provider.Machine, what: provider.Power) -> None:
        """Switch the machine: does nothing where it is so already."""
        with self._lock(machine):
            running = self._running(machine)
            if what in ('kill', 'stop'):
                if running is not None:
                    if what == 'stop' and not self._frozen(machine).exists():
                        members.ask_to_end(running['pid'], _STOP_SECONDS)
                    members.kill(running['pid'])
                self._frozen(machine).unlink(missing_ok=True)
                if machine.address:
                    self._network.unplug(machine.address)
            elif running is not None:
                self._frozen(machine).touch()
                members.freeze(running['pid'])

    def connect(self, cuts: Sequence[provider.Cut], addresses: Mapping[str, str]) -> None:
        """Let the bridge drop what is cut."""
        self._network.cut(cuts, addresses)

    def expose(self, rules: Sequence[forward.Rule]) -> None:
        """Let the kernel translate addresses, so that a machine sees who calls."""
        self._network.expose(rules)

    def _boot(self, machine: provider.Machine, address: str) -> dict[str, Any]:
        """Start process 1 and wait until it has made its view of the files."""
        folder = self._folder(machine)
        inside = folder / 'fs'
        try:
            for part in (folder.parent, folder):
                part.mkdir(parents=True, exist_ok=True)
                part.chmod(0o711)
            (folder / 'log').mkdir(mode=0o700, exist_ok=True)
            inside.mkdir(mode=0o711, exist_ok=True)
            (inside / 'root').mkdir(mode=0o755, exist_ok=True)
            shutil.rmtree(inside / 'tmp', ignore_errors=True)
            for name in ('tmp', 'var-tmp'):
                (inside / name).mkdir(exist_ok=True)
                (inside / name).chmod(0o1777)
            layers = {
                place: self._layer(inside, place) for place in mounted(Path('/proc/self/mounts'))
            }
        except OSError as error:
            raise errors.Error(
                f'cannot make machine "{machine.key}" in "{folder}": {error.strerror}'
            ) from error
        boot = str(uuid.UUID(bytes=secrets.token_bytes(16), version=4))
        (inside / 'boot_id').write_text(f'{boot}\n')
        spec = {
            'folder': str(folder),
            'root': str(inside / 'root'),
            'data': os.path.realpath(self._data),
            'hostname': machine.hostname,
            'layers': layers,
            'own': {'/tmp': str(inside / 'tmp'), '/var/tmp': str(inside / 'var-tmp')},  # noqa: S108
            'files': self._files(machine, address, inside),
            'programs': {jujud.path(machine.key.rpartition('/')[2]): jujud.TEXT},
            'boot_id': str(inside / 'boot_id'),
            'boot': boot,
            'host': _host_boot(),
        }
        with open(folder / 'log' / 'boot.log', 'w+b') as log:
            booting = subprocess.Popen(
                [sys.executable, '-I', init.__file__, json.dumps(spec)],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                cwd='/',
                env={'PATH': _SYSTEM_PATH},
                start_new_session=True,
                umask=0o022,
            )
            try:
                code = booting.wait(_BOOT_SECONDS)
            except subprocess.TimeoutExpired:
                code = -1
            finally:
                if booting.stdin is not None:
                    booting.stdin.close()
            if code:
                booting.wait()
                log.seek(0)
                told = log.read().decode(errors='replace').strip().splitlines()
                raise errors.Error(
                    f'cannot boot machine "{machine.key}": '
                    f'{told[-1] if told else "it took too long"}'
                )
        running = self._running(machine)
        if running is None:
            raise errors.Error(f'machine "{machine.key}" ended as it began')
        return running

    def _layer(self, inside: Path, place: str) -> tuple[str, str]:
        name = urllib.parse.quote(place, safe='')
        for part in ('upper', 'work'):
            (inside / part / name).mkdir(mode=0o755, parents=True, exist_ok=True)
        (inside / 'work').chmod(0o700)
        return str(inside / 'upper' / name), str(inside / 'work' / name)

    def _files(self, machine: provider.Machine, address: str, inside: Path) -> dict[str, str]:
        """Return the files that the machine can't share with its host, by path."""
        files = {
            '/etc/hostname': f'{machine.hostname}\n',
            '/etc/resolv.conf': resolvers(),
        }
        own = inside / 'upper' / urllib.parse.quote('/', safe='') / 'etc'
        if not (own / 'hosts').exists():  # what a charm changed in it stays
            files['/etc/hosts'] = (
                f'127.0.0.1 localhost\n::1 localhost ip6-localhost\n{address} {machine.hostname}\n'
            )
            files['/etc/machine-id'] = f'{secrets.token_hex(16)}\n'
        return files

    def _pid(self, machine: provider.Machine) -> int:
        """Return the machine's process 1."""
        running = self._running(machine)
        if running is None:
            raise errors.Error(f'machine "{machine.key}" does not run')
        return running['pid']

    def _running(self, machine: provider.Machine) -> dict[str, Any] | None:
        """Return what is written down of the machine's present boot, None if it is off."""
        try:
            record = json.loads((self._folder(machine) / 'boot.json').read_text())
        except (FileNotFoundError, ValueError):
            return None
        alive = processes.start_time(record['pid']) == record['started']
        return record if alive and record['host'] == _host_boot() else None

    def _frozen(self, machine: provider.Machine) -> Path:
        """Return the file whose being there says that the machine is frozen."""
        return self._folder(machine) / 'frozen'

    def _lock(self, machine: provider.Machine) -> threading.RLock:
        return self._locks.setdefault(machine.key, threading.RLock())

    def _folder(self, machine: provider.Machine) -> Path:
        return self._data / 'machines' / machine.key


def mounted(table: Path) -> list[str]:
    """Return the folders of the host that are file systems of their own, / first.

    An overlay shows only one file system, so each needs one. Source: proc(5), /proc/mounts.
    """
    found = {'/'}
    for line in table.read_text().splitlines():
        _, place, kind, *_ = line.split()
        place = place.encode().decode('unicode_escape')
        hidden = any(place == each or place.startswith(f'{each}/') for each in _UNSEEN)
        if not hidden and kind not in _NO_FILES and os.path.isdir(place):
            found.add(place)
    return sorted(found)


def resolvers() -> str:
    """Return a resolv.conf whose servers can be reached from a machine: no stub of the host's."""
    for path in ('/etc/resolv.conf', '/run/systemd/resolve/resolv.conf'):
        with contextlib.suppress(OSError):
            lines = Path(path).read_text().splitlines()
            kept = [line for line in lines if not line.startswith('nameserver 127.')]
            if any(line.startswith('nameserver') for line in kept):
                return '\n'.join([*kept, ''])
    return ''


def _host_boot() -> str:
    return Path('/proc/sys/kernel/random/boot_id').read_text().strip()
