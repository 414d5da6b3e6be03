"""The site's Python environment: Django and what the project asks for, once per content."""

from __future__ import annotations

import dataclasses
import hashlib
import os
import shutil
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

from . import errors, places

PYTHON = '/usr/bin/python3'
"""The system's: every user can run it, and the server runs on it too."""

SECONDS = 300
"""How long one installation may take: a hook must end."""


@dataclasses.dataclass(frozen=True)
class Environment:
    """A Python with packages of its own.

    Attributes:
        name: Differs when the content does.
        python: Its interpreter.
        packages: The folder of its packages.
    """

    name: str
    python: str
    packages: str


def digest(site: Path, requirements: str, wheel: Path | None) -> str:
    """Return the name of the environment for the lock, further requirements and a wheel."""
    found = hashlib.sha256((site / 'requirements.txt').read_bytes())
    found.update(os.path.realpath(PYTHON).encode() + b'\0' + requirements.encode())
    if wheel is not None:
        found.update(wheel.read_bytes())
    return found.hexdigest()[:16]


def ensure(
    where: places.Places, requirements: str, wheel: Path | None, tell: Callable[[str], None]
) -> Environment:
    """Return the environment, making it if it is not there.

    Args:
        where: The unit's places.
        requirements: Lines of a requirements.txt; they may replace what the charm pins.
        wheel: The project, where that is one.
        tell: Told what takes time.

    Raises:
        Error: If a requirement can't be installed, with uv's own reason.
    """
    folder = where.var / 'envs' / digest(where.site, requirements, wheel)
    if (folder / '.complete').exists():
        return _describe(folder)
    shutil.rmtree(folder, ignore_errors=True)
    tell('installing Django')
    _uv(where, 'venv', '--quiet', '--python', PYTHON, str(folder))
    install = ('pip', 'install', '--quiet', '--python', str(folder / 'bin' / 'python'))
    lock = where.site / 'requirements.txt'
    _uv(where, *install, '--compile-bytecode', '--require-hashes', '--requirement', str(lock))
    if requirements or wheel:
        tell('installing what the project requires')
        wanted = where.var / 'requirements.txt'
        lines = [*requirements.splitlines(), *([str(wheel)] if wheel else [])]
        wanted.write_text('\n'.join(lines) + '\n')
        _uv(where, *install, '--requirement', str(wanted))
    (folder / '.complete').touch()
    return _describe(folder)


def _describe(folder: Path) -> Environment:
    packages = next((folder / 'lib').glob('python3*/site-packages'))
    return Environment(folder.name, str(folder / 'bin' / 'python'), str(packages))


def _uv(where: places.Places, *arguments: str) -> None:
    import uv

    proxies = {
        f'{name}_proxy': value
        for name in ('http', 'https', 'no')
        if (value := os.environ.get(f'JUJU_CHARM_{name.upper()}_PROXY'))
    }
    environment = {
        'PATH': os.environ.get('PATH', os.defpath),
        'HOME': str(where.var),
        'UV_CACHE_DIR': str(where.var / 'cache'),
        'UV_NATIVE_TLS': 'true',  # the system's certificates
        'UV_SYSTEM_CERTS': 'true',
        **{name: value for name, value in os.environ.items() if name.lower().endswith('_proxy')},
        **proxies,
    }
    try:
        _run([uv.find_uv_bin(), '--no-config', *arguments], environment)
    finally:
        shutil.rmtree(where.var / 'cache', ignore_errors=True)


def _run(command: Sequence[str], environment: dict[str, str]) -> None:
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            env=environment,
            stdin=subprocess.DEVNULL,
            cwd='/',
            timeout=SECONDS,
            check=False,
            umask=0o022,
        )
    except subprocess.TimeoutExpired:
        raise errors.Error(
            f'cannot install requirements in {SECONDS} s; see that the network is there'
        ) from None
    if done.returncode:
        raise errors.Error(f'cannot install requirements: {_cause(done.stderr)}')


def _cause(text: str) -> str:
    """Return the sentence that says most of uv's complaint."""
    words = ' '.join(text.replace('×', ' ').replace('╰─▶', ' ').split())
    _, found, because = words.partition('Because ')
    return (because if found else words.removeprefix('error: '))[:200]
