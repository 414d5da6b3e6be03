"""A charm's Python environment: built once per content of its requirements, shared by all."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Generator
from pathlib import Path

from .. import errors
from . import parts
from . import requirements as lists

# Not the interpreter that runs solo: every user can run this one, and a charm under Juju has it.
PYTHON = '/usr/bin/python3'
_SHOWN = 3  # lines of the build log in an error


def requirements(folder: Path, wanted: parts.Wanted, charm: str, logs: Path) -> str:
    """Return the requirements of the charm in *folder* as one text, '' if it needs nothing.

    Args:
        folder: Its source.
        wanted: What its parts ask for.
        charm: Its name, for people.
        logs: Where the log of a failure is left.

    Raises:
        Error: If a lock can't be read: its cause, and where the log is.
    """
    if wanted.is_empty:
        return ''
    log = logs / f'{charm}-lock.log'

    def output(arguments: list[str], where: Path) -> str:
        with tempfile.TemporaryFile() as printed:
            _run([*_uv(), *arguments], log, charm, where, printed.fileno())
            printed.seek(0)
            return printed.read().decode()

    found = lists.text(folder, wanted, output)
    log.unlink(missing_ok=True)
    return found


def key(text: str) -> str:
    """Return the name of the environment for requirements with that text on this machine."""
    version = subprocess.run(
        [PYTHON, '-IS', '-c', 'import sys; print(sys.version)'],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    return hashlib.sha256(f'{version}\0{text}'.encode()).hexdigest()[:20]


def ensure(
    text: str, folder: Path, envs: Path, charm: str, progress: Callable[[str], None]
) -> Path:
    """Return the environment for requirements, building it if it isn't there.

    Args:
        text: The requirements, as a file has them.
        folder: The charm's source, where relative paths begin.
        envs: Where environments lie.
        charm: The charm's name, for people.
        progress: Called with a line for people when something takes time.

    Raises:
        Error: If a requirement can't be installed: its cause, and where the log is.
    """
    name = key(text)
    target = envs / name
    if (target / '.complete').exists():
        return target
    progress(f'building the Python environment of {charm}')
    # Built at its final place, because scripts in it name it; complete only with its mark.
    shutil.rmtree(target, ignore_errors=True)
    log = envs / f'{name}.log'
    uv = _uv()
    _run([*uv, 'venv', '--python', PYTHON, '--quiet', str(target)], log, charm)
    into = ['--python', str(target / 'bin' / 'python'), '--link-mode', 'copy']
    with _file(text, envs) as path:
        command = [*uv, 'pip', 'install', *into, '--compile-bytecode', '-r', path]
        _run(command, log, charm, folder)
    _readable(target)
    (target / '.complete').touch()
    log.unlink(missing_ok=True)
    return target


def collect(text: str, folder: Path, charm: str, target: Path, version: str) -> None:
    """Install the wheels of requirements into the folder *target*, for another Python.

    Args:
        text: The requirements, as a file has them.
        folder: The charm's source, where relative paths begin.
        charm: Its name, for people.
        target: A folder that needn't exist.
        version: The Python that will run them, ``3.12``.

    Raises:
        Error: If a requirement can't be had for it.
    """
    target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix='solo-wheels-') as name:
        command = ['--python', PYTHON, '--target', str(target), '--python-version', version]
        with _file(text, Path(name)) as path:
            whole = [*_uv(), 'pip', 'install', *command, '-r', path]
            _run(whole, Path(name, 'log'), charm, folder)
    # What has no wheel was built here: good where it is Python, not where it was compiled.
    tag = f'.cpython-{version.replace(".", "")}-'
    foreign = [lib.name for lib in target.rglob('*.cpython-*.so') if tag not in lib.name]
    if foreign:
        raise errors.Error(
            f'cannot pack for Python {version}: {", ".join(sorted(foreign))} was compiled for '
            'another one, because a requirement has no wheel'
        )


@contextlib.contextmanager
def _file(text: str, folder: Path) -> Generator[str, None, None]:
    """Make a requirements file of *text* for a while."""
    with tempfile.NamedTemporaryFile('w', suffix='.txt', dir=folder) as file:
        file.write(text)
        file.flush()
        yield file.name


def _uv() -> list[str]:
    beside = Path(sys.executable).with_name('uv')
    found = str(beside) if beside.exists() else shutil.which('uv')
    if found is None:
        raise errors.Error('cannot build Python environments: there is no uv; run "solo doctor"')
    return [found, '--no-config']


def _run(
    command: list[str], log: Path, charm: str, where: Path | None = None, out: int | None = None
) -> None:
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
            stdout=file if out is None else out,
            stderr=file,
            stdin=subprocess.DEVNULL,
            env=environment,
            cwd=where or '/',
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
