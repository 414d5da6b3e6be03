"""What the machine has of PostgreSQL, etcd and pgBackRest, and how it gets the rest.

Source: apt-get(8), policy-rc.d (Debian policy 9.3.3), postgresql-common's createcluster.conf.
"""

from __future__ import annotations

import contextlib
import dataclasses
import os
import re
import shutil
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path

_POSTGRESQL = Path('/usr/lib/postgresql')
_CREATE_CLUSTER = Path('/etc/postgresql-common/createcluster.d/charm.conf')
_POLICY = Path('/usr/sbin/policy-rc.d')
_LOCK_SECONDS = 600
_TRIES = 3
_PAUSE_SECONDS = 5.0


class PackagesError(Exception):
    """The packages can't be had; the message names them and says what to do."""


@dataclasses.dataclass(frozen=True)
class Binaries:
    """Where the programs are."""

    pg_bin_dir: Path
    etcd: Path
    etcdctl: Path
    pgbackrest: Path


def missing(version: str | None) -> tuple[str, ...]:
    """Return the packages that the machine lacks for that major version; no apt is run."""
    wanted = version or default_version()
    lacking: list[str] = []
    if not (_POSTGRESQL / wanted / 'bin' / 'postgres').exists():
        lacking.append(f'postgresql-{wanted}')
    for program, package in (
        ('etcd', 'etcd-server'),
        ('etcdctl', 'etcd-client'),
        ('pgbackrest', 'pgbackrest'),
    ):
        if shutil.which(program, path='/usr/bin:/usr/local/bin') is None:
            lacking.append(package)
    return tuple(lacking)


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
    path = '/usr/bin:/usr/local/bin'
    found = [Path(shutil.which(name, path=path) or name) for name in _PROGRAMS]
    return Binaries(_POSTGRESQL / (version or default_version()) / 'bin', *found)


_PROGRAMS = ('etcd', 'etcdctl', 'pgbackrest')


def install(names: Sequence[str], log: Callable[[str], None]) -> None:
    """Install packages; neither a cluster ``main`` nor a service of theirs is started.

    Args:
        names: Debian packages.
        log: Told what happens, a line each.

    Raises:
        PackagesError: If that fails, with what an operator can do.
    """
    if not names:
        return
    sudo = [] if os.geteuid() == 0 else ['sudo', '-n']
    if sudo and subprocess.run([*sudo, 'true'], capture_output=True, check=False).returncode:
        raise PackagesError(
            f'cannot install packages without root: run "sudo apt-get install {" ".join(names)}"'
        )
    log(f'installing {", ".join(names)}')
    with _quiet(sudo):
        for attempt in range(1, _TRIES + 1):
            if attempt > 1 or not _known(names):
                _apt(sudo, 'update')
            done = _apt(sudo, 'install', '--yes', '--no-install-recommends', *names)
            if done.returncode == 0:
                return
            cause = _cause(done)
            log(f'apt-get failed, try {attempt} of {_TRIES}: {cause}')
            if attempt < _TRIES:
                time.sleep(_PAUSE_SECONDS * attempt)  # a mirror or a lock that will be back
    raise PackagesError(f'cannot install {" ".join(names)}: {cause}'[:400])


def _known(names: Sequence[str]) -> bool:
    done = subprocess.run(
        ['apt-cache', 'show', '--no-all-versions', *names], capture_output=True, check=False
    )
    return done.returncode == 0


def _apt(sudo: list[str], *arguments: str) -> subprocess.CompletedProcess[str]:
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
    keep = ['env', *(f'{name}={value}' for name, value in environment.items())]
    return subprocess.run(
        [
            *sudo,
            *keep,
            'apt-get',
            '--quiet=2',
            '-o',
            f'DPkg::Lock::Timeout={_LOCK_SECONDS}',
            '-o',
            'Dpkg::Options::=--force-confold',
            *arguments,
        ],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def _cause(done: subprocess.CompletedProcess[str]) -> str:
    lines = [line for line in done.stderr.splitlines() if line.startswith('E: ')]
    return (lines or done.stderr.splitlines() or ['no reason given'])[0].removeprefix('E: ')


@contextlib.contextmanager
def _quiet(sudo: list[str]):  # a context manager without a value
    """Keep the packages from making the cluster ``main`` and from starting services."""
    _write(sudo, _CREATE_CLUSTER, 'create_main_cluster = false\n', '644')
    ours = not _POLICY.exists()
    if ours:
        _write(sudo, _POLICY, '#!/bin/sh\nexit 101\n', '755')
    try:
        yield
    finally:
        if ours:
            subprocess.run([*sudo, 'rm', '-f', str(_POLICY)], check=False)
        if Path('/run/systemd/system').is_dir():
            subprocess.run(
                [*sudo, 'systemctl', 'disable', '--quiet', 'etcd.service'],
                capture_output=True,
                check=False,
            )


def _write(sudo: list[str], path: Path, text: str, mode: str) -> None:
    subprocess.run(
        [*sudo, 'install', '-D', '-m', mode, '/dev/stdin', str(path)],
        input=text,
        text=True,
        check=True,
        capture_output=True,
    )
