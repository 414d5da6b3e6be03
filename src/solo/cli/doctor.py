"""``doctor``: what of this machine is missing, and the command that mends it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from .. import errors, folders
from . import session, table

COMMAND = table.command('doctor', '', 'Exits with 1 if something is missing.', model=False)
_FREE_BYTES = 2 * 2**30


class Finding(NamedTuple):
    """One thing that was looked at; ``remedy`` says how to mend it."""

    what: str
    ok: bool
    said: str
    remedy: str = ''
    needed: bool = True


def run(session: session.Session) -> int:
    """Look at everything, and tell."""
    session.parsed.at_most(0)
    findings = [check() for check in CHECKS]
    session.write(report(findings))
    return 1 if any(not each.ok and each.needed for each in findings) else 0


def report(findings: Sequence[Finding]) -> str:
    """Return a line for each finding, with the remedies below those that need one."""
    width = max(len(each.what) for each in findings)
    lines: list[str] = []
    for each in findings:
        mark = 'ok  ' if each.ok else 'MISS' if each.needed else 'note'
        lines.append(f'{mark}  {each.what:{width}}  {each.said}')
        if each.remedy and not each.ok:
            lines.append(f'      {"":{width}}  mend: {each.remedy}')
    return '\n'.join(lines) + '\n'


def _python() -> Finding:
    path = '/usr/bin/python3'
    remedy = 'sudo apt-get install python3'
    if not os.access(path, os.X_OK):
        return Finding('system python', ok=False, said=f'no {path}', remedy=remedy)
    code = (
        'import sys; print("%d.%d" % sys.version_info[:2]); sys.exit(sys.version_info < (3, 10))'
    )
    done = subprocess.run([path, '-I', '-c', code], capture_output=True, text=True, check=False)
    said = f'{path} is {done.stdout.strip()}; this runs on {sys.version.split()[0]}'
    return Finding('system python', done.returncode == 0, said, 'use a release with Python 3.10')


def _rights() -> Finding:
    if os.geteuid() == 0:
        return Finding('rights', ok=True, said='root')
    sudo = shutil.which('sudo')
    if (
        sudo
        and not subprocess.run([sudo, '-n', 'true'], capture_output=True, check=False).returncode
    ):
        return Finding('rights', ok=True, said='sudo without a password')
    return Finding(
        'rights',
        ok=False,
        said='neither root nor sudo without a password: charms cannot install packages',
        remedy='run as root, or install the packages that "solo status" names yourself',
        needed=False,
    )


def _data() -> Finding:
    try:
        data = folders.data()
    except errors.Error as error:
        return Finding('data directory', ok=False, said=error.message, remedy='export SOLO_DATA=…')
    near = next(path for path in (data, *data.parents) if path.exists())
    if not os.access(near, os.W_OK):
        return Finding(
            'data directory',
            ok=False,
            said=f'{data} cannot be written',
            remedy='export SOLO_DATA=<a folder of yours>',
        )
    free = shutil.disk_usage(near).free
    return Finding(
        'data directory',
        free >= _FREE_BYTES,
        f'{data}, {free / 2**30:.1f} GiB free',
        f'make room: {_FREE_BYTES // 2**30} GiB are little for a database',
    )


def _passage() -> Finding:
    """Look whether service users can reach their files below the data directory."""
    data = folders.data()
    closed = [
        path for path in (data, *data.parents) if path.exists() and not path.stat().st_mode & 0o001
    ]
    return Finding(
        'service users',
        not closed,
        'can pass through to their files' if not closed else f'cannot pass through {closed[0]}',
        f'chmod o+x {closed[0]}, or export SOLO_DATA=<another folder>' if closed else '',
        needed=False,
    )


def _command(name: str, package: str, why: str, *, needed: bool) -> Callable[[], Finding]:
    def check() -> Finding:
        path = shutil.which(name) or shutil.which(name, path='/usr/sbin:/sbin')
        said = path or f'not there: {why}'
        return Finding(name, path is not None, said, f'sudo apt-get install {package}', needed)

    return check


def _systemd() -> Finding:
    runs = Path('/run/systemd/system').is_dir()
    said = 'runs this machine' if runs else 'does not run this machine: nothing starts at boot'
    return Finding('systemd', ok=True, said=said)


def _certificates() -> Finding:
    path = '/etc/ssl/certs/ca-certificates.crt'
    there = os.path.exists(path)
    return Finding(
        'certificates',
        there,
        path if there else 'no certificates of the system: registries cannot be trusted',
        'sudo apt-get install ca-certificates',
    )


CHECKS: tuple[Callable[[], Finding], ...] = (
    _python,
    _rights,
    _data,
    _passage,
    _systemd,
    _certificates,
    _command('apt-get', 'apt', 'charms install packages with it', needed=False),
    _command('nft', 'nftables', 'machines with power need it', needed=False),
    _command('ip', 'iproute2', 'machines with power need it', needed=False),
    _command('nsenter', 'util-linux', 'machines with power need it', needed=False),
)
