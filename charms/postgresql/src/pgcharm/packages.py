"""What the machine has of PostgreSQL and etcd, and how it gets the rest.

Source: apt-get(8), policy-rc.d (Debian policy 9.3.3), postgresql-common's createcluster.conf.
"""

from __future__ import annotations

import contextlib
import dataclasses
import fcntl
import os
import re
import shutil
import subprocess
import time
from collections.abc import Callable, Generator, Sequence
from pathlib import Path

from . import errors

_POSTGRESQL = Path('/usr/lib/postgresql')
_CREATE_CLUSTER = Path('/etc/postgresql-common/createcluster.d/charm.conf')
_POLICY = Path('/usr/sbin/policy-rc.d')
_NO_STARTS = '#!/bin/sh\n# Written by the PostgreSQL charm while it installs packages.\nexit 101\n'
_PATH = '/usr/bin:/usr/local/bin'
_PROGRAMS = {'etcd': 'etcd-server', 'etcdctl': 'etcd-client'}
_LOCK_SECONDS = 600
_TRIES = 3
_PAUSE_SECONDS = 5.0


@dataclasses.dataclass(frozen=True)
class Binaries:
    """Where the programs are."""

    pg_bin_dir: Path
    etcd: Path
    etcdctl: Path


def missing(version: str | None) -> tuple[str, ...]:
    """Return the packages that the machine lacks for that major version; no apt is run."""
    wanted = version or default_version()
    lacking: list[str] = []
    if not (_POSTGRESQL / wanted / 'bin' / 'postgres').exists():
        lacking.append(f'postgresql-{wanted}')
    return (*lacking, *lacking_for(*_PROGRAMS))


def lacking_for(*programs: str) -> tuple[str, ...]:
    """Return the packages that the machine lacks for these programs, besides PostgreSQL's."""
    return tuple(_PROGRAMS[name] for name in programs if not program(name).exists())


def program(name: str) -> Path:
    """Return where a program is; where it is not installed, a path that does not exist."""
    return Path(shutil.which(name, path=_PATH) or f'/usr/bin/{name}')


def default_version() -> str:
    """Return the distribution's major version: installed, or the one that it would install."""
    installed = installed_versions()
    return installed[-1] if installed else _distribution_version()


def installed_versions() -> tuple[str, ...]:
    """Return the major versions whose server is there, oldest first."""
    found = [path.parents[1].name for path in _POSTGRESQL.glob('*/bin/postgres')]
    return tuple(sorted(found, key=float))


def _distribution_version() -> str:
    release = Path('/etc/os-release').read_text()
    found = re.search(r'^VERSION_ID="?([\d.]+)', release, re.MULTILINE)
    # Debian 12 and 13; Ubuntu 22.04 and 24.04.
    known = {'12': '15', '13': '17', '22.04': '14', '24.04': '16'}
    return known.get(found[1] if found else '', '16')


def binaries(version: str | None) -> Binaries:
    """Return where the programs are; they must be installed."""
    found = map(program, _PROGRAMS)
    return Binaries(_POSTGRESQL / (version or default_version()) / 'bin', *found)


def _run(arguments: Sequence[str], text: str = '') -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(arguments, input=text, capture_output=True, text=True, check=False)
    except FileNotFoundError as error:  # as a shell says it
        return subprocess.CompletedProcess(arguments, 127, '', str(error))


@dataclasses.dataclass(frozen=True)
class Outside:
    """What :func:`install` needs of the machine.

    Attributes:
        run: Runs a program, with that text as its input.
        pause: Waits so many seconds.
        folder: One that every charm can open, to be locked while one of them installs.
        is_root: Whether programs run as root.
    """

    run: Callable[..., subprocess.CompletedProcess[str]] = _run
    pause: Callable[[float], object] = time.sleep
    folder: Path = Path('/usr/lib')
    is_root: bool = dataclasses.field(default_factory=lambda: os.geteuid() == 0)


def install(
    names: Sequence[str], log: Callable[[str], None], outside: Outside | None = None
) -> None:
    """Install packages; neither a cluster ``main`` nor a service of theirs is started.

    Args:
        names: Debian packages; with none, nothing is run.
        log: Told what happens, a line each.
        outside: The machine.

    Raises:
        errors.OperatorError: If that fails, with what an operator can do.
    """
    if not names:
        return
    outside = outside or Outside()
    sudo = _Root([] if outside.is_root else ['sudo', '-n'], outside)
    by_hand = 'run "sudo apt-get install {}"'.format(' '.join(names))
    if not sudo.works():
        raise errors.OperatorError(f'cannot install packages without root: {by_hand}')
    log(f'installing {", ".join(names)}')
    with _alone(outside.folder), sudo.quiet(names):
        cause = _install(sudo, names, log)
    if cause:
        raise errors.OperatorError(f'cannot install {" ".join(names)}: {cause[:200]}; {by_hand}')


def _install(root: _Root, names: Sequence[str], log: Callable[[str], None]) -> str:
    """Return why it failed, empty when it did not."""
    cause = ''
    for attempt in range(_TRIES):
        if attempt or not root.knows(names):
            root.apt('update')
        done = root.apt('install', '--yes', '--no-install-recommends', *names)
        if done.returncode == 0:
            return ''
        cause = _cause(done)
        log(f'apt-get failed: {cause}')
        if attempt and 'Unable to locate' in cause:
            break  # with fresh lists: no later try knows more
        if 'dpkg was interrupted' in cause:  # by the end of a hook, or of the machine
            root.run('dpkg', '--configure', '-a', '--force-confold')
        if attempt < _TRIES - 1:
            root.outside.pause(_PAUSE_SECONDS * (attempt + 1))  # a mirror that will be back
    return cause


def _cause(done: subprocess.CompletedProcess[str]) -> str:
    lines = [line for line in done.stderr.splitlines() if line.startswith('E: ')]
    return (lines or done.stderr.splitlines() or ['no reason given'])[0].removeprefix('E: ')


@contextlib.contextmanager
def _alone(folder: Path) -> Generator[None, None, None]:
    """Wait until no other unit of the machine installs: who is first ends the quiet for all."""
    held = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield
    finally:
        os.close(held)


@dataclasses.dataclass(frozen=True)
class _Root:
    """Runs programs as root."""

    prefix: Sequence[str]
    outside: Outside

    def run(self, *arguments: str, text: str = '') -> subprocess.CompletedProcess[str]:
        return self.outside.run([*self.prefix, *arguments], text)

    def works(self) -> bool:
        return self.run('true').returncode == 0

    def knows(self, names: Sequence[str]) -> bool:
        return self.run('apt-cache', 'show', '--no-all-versions', *names).returncode == 0

    def apt(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run apt-get; it waits for dpkg's lock itself, for those of lists and archives we do."""
        command = (
            *('env', *(f'{name}={value}' for name, value in _environment().items())),
            *('apt-get', '--quiet=2', '-o', f'DPkg::Lock::Timeout={_LOCK_SECONDS}'),
            *('-o', 'Dpkg::Options::=--force-confold', *arguments),
        )
        done = self.run(*command)
        waited = 0.0
        while done.returncode and 'get lock' in done.stderr and waited < _LOCK_SECONDS:
            self.outside.pause(_PAUSE_SECONDS)
            waited += _PAUSE_SECONDS
            done = self.run(*command)
        return done

    @contextlib.contextmanager
    def quiet(self, names: Sequence[str]) -> Generator[None, None, None]:
        """Keep the packages from making the cluster ``main`` and from starting services."""
        self._write(_CREATE_CLUSTER, 'create_main_cluster = false\n', '644')
        policy = self.run('cat', str(_POLICY))
        # Ours may be there from a hook that was killed.
        is_ours = policy.returncode != 0 or policy.stdout == _NO_STARTS
        if is_ours:
            self._write(_POLICY, _NO_STARTS, '755')
        try:
            yield
        finally:
            if is_ours:
                self.run('rm', '-f', str(_POLICY))
            if 'etcd-server' in names:  # ours runs beside, as a service of the unit
                self.run('systemctl', 'disable', '--quiet', 'etcd.service')

    def _write(self, path: Path, text: str, mode: str) -> None:
        done = self.run('install', '-D', '-m', mode, '/dev/stdin', str(path), text=text)
        if done.returncode:
            raise errors.OperatorError(f'cannot write {path}: {done.stderr.strip()[:200]}')


def _environment() -> dict[str, str]:
    """Return what apt-get runs with: only what it needs, and the way out through a proxy."""
    environment = {
        'PATH': '/usr/sbin:/usr/bin:/sbin:/bin',
        'LC_ALL': 'C.UTF-8',
        'DEBIAN_FRONTEND': 'noninteractive',
        **{name: value for name, value in os.environ.items() if name.lower().endswith('_proxy')},
    }
    for upper in ('HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY'):
        proxy = os.environ.get(f'JUJU_CHARM_{upper}')
        if proxy:
            environment.setdefault(upper.lower(), proxy)
    return environment
