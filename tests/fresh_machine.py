"""A Debian 12 machine that has nothing installed, booted with systemd, for one script.

Its file system is what debootstrap makes, cached, and copied for each run. It has the network of
the host, and is told what the host knows about reaching the outside: apt's mirror and proxies,
pip's settings, the certificates that the administrator added.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import platform
import re
import secrets
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Generator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

CACHE = Path('/var/cache/solo-test')
CLONE = '/root/clone'

_SUITE = 'bookworm'
# Python and certificates as the README demands them, and what makes it bootable.
_PACKAGES = 'python3,ca-certificates,systemd-sysv,dbus'
_AUTHORITIES = '/usr/local/share/ca-certificates'
_SETTINGS = ('/etc/pip.conf', '~/.config/pip/pip.conf', '/etc/uv/uv.toml', '~/.config/uv/uv.toml')
_ENVIRONMENT = re.compile(r'(?i:.*_proxy)|(PIP|UV|SSL_CERT)_.*|(REQUESTS|CURL)_CA_BUNDLE')

# The script has a terminal's environment, but none of its processes outlives it here.
_UNIT = """\
[Unit]
After=multi-user.target
[Service]
Type=exec
ExecStart=/bin/bash /root/script
ExecStopPost=/bin/sh -c '[ "$EXIT_STATUS" = 0 ] || journalctl --no-pager --lines=100'
ExecStopPost=/bin/sh -c 'echo "$EXIT_STATUS" >/root/code; systemctl poweroff --no-block'
StandardOutput=append:/root/output
StandardError=inherit
"""


class Result(NamedTuple):
    """How the script ended (None: it didn't), and all that it printed."""

    code: int | None
    output: str


def obstacle() -> str:
    """Return why this machine can't boot another one, '' when it can."""
    if os.geteuid() != 0:
        return 'a machine to boot needs root'
    missing = [name for name in ('debootstrap', 'systemd-nspawn') if not shutil.which(name)]
    return f'not installed: {", ".join(missing)}; "./test" installs them' if missing else ''


def script(commands: Sequence[str], environment: Mapping[str, str]) -> str:
    """Return the shell script that runs *commands* as a reader would, until one fails."""
    exports = [f'export {name}={shlex.quote(value)}' for name, value in environment.items()]
    runs = [
        f'printf "%s\\n" {shlex.quote("$ " + command)}\n{command}\n'
        'code=$?; [ "$code" = 0 ] || { echo "exit code $code"; exit "$code"; }'
        for command in commands
    ]
    return '\n'.join(
        [
            *exports,
            'update-ca-certificates >/dev/null 2>&1',
            f'cd {CLONE} || exit',
            *runs,
            '',
        ]
    )


def run(repository: Path, commands: Sequence[str], timeout: float) -> Result:
    """Boot a machine with a clone of *repository*, run *commands* in it, and throw it away."""
    with _machine(repository) as root:
        environment = {
            'HOME': '/root',
            'LANG': 'C.UTF-8',
            **{name: value for name, value in os.environ.items() if _ENVIRONMENT.fullmatch(name)},
        }
        (root / 'root/script').write_text(script(commands, environment))
        units = root / 'etc/systemd/system'
        (units / 'script.service').write_text(_UNIT)
        wants = units / 'multi-user.target.wants'
        wants.mkdir(exist_ok=True)
        (wants / 'script.service').symlink_to('../script.service')
        _boot(root, timeout)
        output, code = (
            path.read_text(errors='replace') if path.exists() else ''
            for path in (root / 'root/output', root / 'root/code')
        )
        # systemd writes the name of the signal where one ended the script.
        return Result(int(code) if code.strip().isdigit() else None, output)


def _boot(root: Path, timeout: float) -> None:
    """Run the machine until it powers itself off, at most *timeout* seconds."""
    command = ['systemd-nspawn', '--quiet', '--boot', '--register=no', '--keep-unit']
    command += [f'--directory={root}', f'--machine=fresh-{secrets.token_hex(4)}']
    with subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as nspawn:
        try:
            console, _ = nspawn.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            nspawn.terminate()  # nspawn asks the machine's init to power off
            try:
                console, _ = nspawn.communicate(timeout=60)
            finally:
                nspawn.kill()
    if nspawn.returncode or not (root / 'root/output').exists():
        print(console.decode(errors='replace'))


@contextlib.contextmanager
def _machine(repository: Path) -> Generator[Path, None, None]:
    """Make the file system of a machine for one run."""
    base = _base()
    with tempfile.TemporaryDirectory(prefix='run-', dir=CACHE, ignore_cleanup_errors=True) as run:
        root = Path(run, 'root')
        subprocess.run(['cp', '-a', '--reflink=auto', base, root], check=True)
        clone = f'{root}{CLONE}'
        subprocess.run(
            ['git', 'clone', '--quiet', '--no-hardlinks', repository, clone], check=True
        )
        if os.path.isdir(_AUTHORITIES):
            shutil.copytree(_AUTHORITIES, f'{root}{_AUTHORITIES}', dirs_exist_ok=True)
        for name in _SETTINGS:
            source = Path(name).expanduser()
            if source.exists():
                target = root / name.replace('~', 'root').lstrip('/')
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(source, target)
        (root / 'etc/apt/apt.conf.d/90host').write_text(_apt_settings())
        yield root


def _base() -> Path:
    """Return the cached file system of a fresh machine, made by debootstrap at the first call."""
    mirror = _mirror()
    recipe = hashlib.sha256(f'{_SUITE} {_PACKAGES} {mirror}'.encode()).hexdigest()[:12]
    base = CACHE / f'debian-12-{recipe}'
    if base.exists():
        return base
    CACHE.mkdir(parents=True, exist_ok=True)
    new = CACHE / f'new-{secrets.token_hex(4)}'
    try:
        subprocess.run(
            ['debootstrap', '--variant=minbase', f'--include={_PACKAGES}', _SUITE, new, *mirror],
            check=True,
        )
        # A fresh machine has neither packages lying about nor lists that are of today.
        subprocess.run(['chroot', new, 'apt-get', 'clean'], check=True)
        shutil.rmtree(new / 'var/lib/apt/lists')
        with contextlib.suppress(FileExistsError):
            new.rename(base)
    finally:
        shutil.rmtree(new, ignore_errors=True)
    return base


def _mirror() -> list[str]:
    """Return the host's own mirror when it is a Debian; debootstrap knows one for the others."""
    if platform.freedesktop_os_release().get('ID') != 'debian':
        return []
    lists = [Path('/etc/apt/sources.list'), *Path('/etc/apt/sources.list.d').glob('debian.*')]
    for path in lists:
        if path.exists():
            found = re.search(
                r'^(?:URIs:\s*|deb\s+(?:\[.*?\]\s+)?)(\S+)', path.read_text(), re.MULTILINE
            )
            if found:
                return [found[1]]
    return []


def _apt_settings() -> str:
    """Return how the host's apt reaches the outside: its proxies and authorities."""
    dump = subprocess.run(['apt-config', 'dump'], capture_output=True, text=True, check=True)
    return ''.join(
        f'{line}\n' for line in dump.stdout.splitlines() if line.startswith('Acquire::http')
    )
