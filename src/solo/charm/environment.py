"""A charm's Python environment: built once per content of its requirements, shared by all."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from .. import errors

# Not the interpreter that runs solo: every user can run this one, and a charm under Juju has it.
PYTHON = '/usr/bin/python3'
_SHOWN = 3  # lines of the build log in an error


def requirements(folder: Path) -> Path | None:
    """Return the charm's requirements file, None if it needs nothing."""
    path = folder / 'requirements.txt'
    if not path.is_file():
        return None
    lines = (line.partition('#')[0].strip() for line in path.read_text().splitlines())
    return path if any(lines) else None


def key(text: str) -> str:
    """Return the name of the environment for requirements with that text on this machine."""
    version = subprocess.run(
        [PYTHON, '-IS', '-c', 'import sys; print(sys.version)'],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    return hashlib.sha256(f'{version}\0{text}'.encode()).hexdigest()[:20]


def ensure(path: Path, envs: Path, charm: str, progress: Callable[[str], None]) -> Path:
    """Return the environment for a requirements file, building it if it isn't there.

    Args:
        path: The requirements file.
        envs: Where environments lie.
        charm: The charm's name, for people.
        progress: Called with a line for people when something takes time.

    Raises:
        Error: If a requirement can't be installed: its cause, and where the log is.
    """
    name = key(path.read_text())
    target = envs / name
    if (target / '.complete').exists():
        return target
    progress(f'building the Python environment of {charm}')
    # Built at its final place, because scripts in it name it; complete only with its mark.
    shutil.rmtree(target, ignore_errors=True)
    log = envs / f'{name}.log'
    uv = _uv()
    _run([*uv, 'venv', '--python', PYTHON, '--quiet', str(target)], log, charm)
    _run(
        [
            *uv,
            'pip',
            'install',
            '--python',
            str(target / 'bin' / 'python'),
            '--link-mode',
            'copy',
            '--compile-bytecode',
            '-r',
            str(path),
        ],
        log,
        charm,
    )
    _readable(target)
    (target / '.complete').touch()
    log.unlink(missing_ok=True)
    return target


def collect(path: Path, target: Path, version: str) -> None:
    """Install the wheels of a requirements file into the folder *target*, for another Python.

    Args:
        path: The requirements file.
        target: A folder that needn't exist.
        version: The Python that will run them, ``3.12``.

    Raises:
        Error: If a requirement can't be had for it.
    """
    target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix='solo-wheels-') as name:
        command = ['--python', PYTHON, '--target', str(target), '--python-version', version]
        _run(
            [*_uv(), 'pip', 'install', *command, '-r', str(path)],
            Path(name, 'log'),
            path.parent.name,
        )
    # What has no wheel was built here: good where it is Python, not where it was compiled.
    tag = f'.cpython-{version.replace(".", "")}-'
    foreign = [lib.name for lib in target.rglob('*.cpython-*.so') if tag not in lib.name]
    if foreign:
        raise errors.Error(
            f'cannot pack for Python {version}: {", ".join(sorted(foreign))} was compiled for '
            'another one, because a requirement has no wheel'
        )


def _uv() -> list[str]:
    beside = Path(sys.executable).with_name('uv')
    found = str(beside) if beside.exists() else shutil.which('uv')
    if found is None:
        raise errors.Error('cannot build Python environments: there is no uv; run "solo doctor"')
    return [found, '--no-config']


def _run(command: list[str], log: Path, charm: str) -> None:
    environment = {
        'UV_NATIVE_TLS': 'true',  # the system's certificates
        'UV_SYSTEM_CERTS': 'true',
        'UV_CACHE_DIR': str(log.parent / '.cache'),
        **{name: value for name, value in os.environ.items() if name.startswith('UV_INDEX')},
        **{name: value for name, value in os.environ.items() if name.lower().endswith('_proxy')},
        **{name: os.environ[name] for name in ('SSL_CERT_FILE', 'PATH') if name in os.environ},
        'HOME': str(log.parent),
    }
    with open(log, 'ab') as file:
        done = subprocess.run(
            command,
            stdout=file,
            stderr=file,
            stdin=subprocess.DEVNULL,
            env=environment,
            cwd='/',
            umask=0o022,
            check=False,
        )
    if done.returncode:
        lines = [line.strip() for line in log.read_text(errors='replace').splitlines()]
        cause = ' '.join([line for line in lines if line][-_SHOWN:])
        raise errors.Error(
            f'cannot build the environment of charm "{charm}": {cause}; '
            f'see {log}, and try again when it is mended'
        )


def _readable(folder: Path) -> None:
    """Let every user read and run what is in *folder*: a charm may start services as another."""
    for path, names, entries in os.walk(folder):
        for name in (*names, *entries):
            found = os.path.join(path, name)
            if not os.path.islink(found):
                mode = os.stat(found).st_mode & 0o777
                wanted = mode | 0o444 | (0o111 if mode & 0o100 else 0)
                if wanted != mode:
                    os.chmod(found, wanted)
    os.chmod(folder, 0o755)
