"""The controller as a process: one per data directory, started on demand, detached."""

from __future__ import annotations

import contextlib
import fcntl
import os
import resource
import select
import signal
import subprocess
import sys
import time
from collections.abc import Generator
from pathlib import Path
from typing import BinaryIO

from .. import errors, folders, wire

_START_SECONDS = 60.0
_FILES = 64000
"""Each unit and each client has some. Source: juju: service/agents.go (maxAgentFiles)."""

_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'
# What a controller keeps of its starter's environment: how to reach package registries, and which
# time it is there.
_KEEP = (
    *('PATH', 'LANG', 'TMPDIR', 'TZ', 'SSL_CERT_FILE', 'SSL_CERT_DIR'),
    *('PIP_', 'UV_', 'XDG_', 'SOLO_'),
)


def environment() -> dict[str, str]:
    """Return the environment for a controller started from here."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if name.startswith(_KEEP) or name.lower().endswith('_proxy') or name == 'HOME'
    }
    kept.setdefault('PATH', _PATH)
    return kept


def command(*arguments: str) -> list[str]:
    """Return the command line that runs this module with the program's own Python."""
    source = str(Path(__file__).resolve().parents[2])
    code = (
        f'import sys; sys.path.insert(0, {source!r}); '
        'from solo.controller import process; sys.exit(process.main(sys.argv[1:]))'
    )
    return [sys.executable, '-I', '-c', code, *arguments]


def ensure_running(data: Path) -> Path:
    """Return the socket of the data directory's controller, starting one if none answers.

    Two callers at the same instant end with one controller: the process that gets the lock.

    Raises:
        Error: If the data directory can't be used, or the controller doesn't come up.
    """
    socket = folders.socket(data)
    with contextlib.suppress(wire.Unreachable):
        wire.connect(socket).close()
        return socket
    _prepare(data)
    log_path = data / 'controller.log'
    try:
        descriptor = os.open(log_path, os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600)
    except OSError as error:
        raise errors.Error(
            f'cannot write "{log_path}": {error.strerror}; set SOLO_DATA to a folder of yours'
        ) from error
    with open(descriptor, 'ab') as log:
        begin = log_path.stat().st_size
        process = _spawn(data, log)
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline:
            with contextlib.suppress(wire.Unreachable):
                wire.connect(socket).close()
                return socket
            code = process.poll()
            if code:
                break
            if code == 0 and pid(data) is None:
                process = _spawn(data, log)  # the one that held the lock was just ending
            time.sleep(0.02)  # a poll with a deadline: the socket has no other sign of life
    with log_path.open('rb') as lines:
        lines.seek(begin)
        cause = lines.read().decode(errors='replace').strip().splitlines()
    raise errors.Error(
        f'cannot start the controller of "{data}": '
        f'{cause[-1] if cause else "it did not answer in time"}; see {log_path}'
    )


def _spawn(data: Path, log: BinaryIO) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        command('run', str(data)),
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
        cwd='/',
        env=environment(),
        start_new_session=True,
    )


def _prepare(data: Path) -> None:
    """Make the data directory: others may pass through it, but not look around."""
    try:
        data.mkdir(mode=0o711, parents=True, exist_ok=True)
        for name, mode in (
            ('run', 0o711),
            ('charms', 0o711),
            ('envs', 0o711),
            ('machines', 0o711),
        ):
            folder = data / name
            folder.mkdir(exist_ok=True)
            folder.chmod(mode)
        data.chmod(0o711)
    except OSError as error:
        raise errors.Error(
            f'cannot use the data directory "{data}": {error.strerror}; '
            'set SOLO_DATA to a folder that you can write'
        ) from error


@contextlib.contextmanager
def _only_one(data: Path) -> Generator[bool, None, None]:
    """Hold the data directory's lock; yield False when another controller has it."""
    with open(data / 'controller.lock', 'a+') as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        lock.truncate(0)
        lock.write(f'{os.getpid()}\n')
        lock.flush()
        yield True


def run(data: Path) -> int:
    """Run the controller in this process until it is told to stop.

    Returns:
        The exit code: 0 also when another controller of this data directory runs already.
    """
    os.environ['SOLO_DATA'] = str(data)  # whatever the rules for a default say: it is this one
    os.umask(0o022)  # a charm may start services as another user; secrets have modes of their own
    _prepare(data)
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, _FILES), hard))
    with _only_one(data) as first:
        if not first:
            return 0
        from . import core

        try:
            controller = core.Controller(data)
        except errors.Error as error:
            print(f'ERROR {error}', file=sys.stderr)
            return error.exit_code
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda _number, _frame: controller.stop())
        controller.serve()
    return 0


def pid(data: Path) -> int | None:
    """Return the process id of the running controller of *data*, or None."""
    try:
        with open(data / 'controller.lock', 'r+') as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return int(lock.read().strip() or 0) or None
    except (OSError, ValueError):
        pass
    return None


def stop(data: Path, timeout: float = 600.0) -> bool:
    """Stop the controller of *data* between hooks; daemons of charms live on.

    Returns:
        Whether one was running.

    Raises:
        Error: If a hook didn't end within *timeout* seconds.
    """
    running = pid(data)
    if running is None:
        return False
    try:
        ended = os.pidfd_open(running)
    except ProcessLookupError:
        return True
    try:
        os.kill(running, signal.SIGTERM)
        if select.select([ended], [], [], timeout)[0]:
            return True
    finally:
        os.close(ended)
    raise errors.Error(
        f'cannot stop the controller of "{data}": a hook still runs after {timeout:.0f} s; '
        f'see "solo status", or end process {running}'
    )


def main(arguments: list[str]) -> int:
    """Run ``run DATA`` or ``stop DATA``; the entry point of :func:`command`."""
    verb, data = arguments[0], Path(arguments[1])
    if verb == 'run':
        return run(data)
    stop(data)
    return 0
