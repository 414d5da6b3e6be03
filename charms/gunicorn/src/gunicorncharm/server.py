"""Gunicorn itself: tried, started, and reloaded without dropping a request."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from . import errors, keeping, wanted

_CHECK_SECONDS = 60
_START_SECONDS = 30
_SOON_SECONDS = 2.0
_LOOK_SECONDS = 0.05


@dataclasses.dataclass(frozen=True)
class Server:
    """Gunicorn of one unit.

    Attributes:
        unit: Its name.
        charm: Its charm's folder.
    """

    unit: str
    charm: Path

    @property
    def _var(self) -> Path:
        return self.charm / 'var'

    @property
    def _ready(self) -> Path:
        return self._var / 'ready'

    @property
    def _settings(self) -> Path:
        return self._var / 'gunicorn.conf.py'

    @property
    def _served(self) -> Path:
        """The settings that gunicorn has: a hook may end before it is told of others."""
        return self._var / 'served'

    def serve(self, found: wanted.Wanted) -> None:
        """Serve what was *found*; what runs already is reloaded when something changed.

        Raises:
            errors.Error: If it can't be served; what was served before goes on.
        """
        keeper = keeping.find(self.unit, self.charm)
        pid_file = self._pid_file()
        text = wanted.render(found, pid_file, self._ready, is_root=os.geteuid() == 0)
        before = self._served.read_text() if self._served.is_file() else ''
        running = keeping.pid(pid_file, self.charm)
        if not running:
            _refuse_taken(found)
            self._expect_worker(found)
        elif text != before:
            if f'bind = [{found.bind!r}]' not in before:
                _refuse_taken(found)
            self._check(text, found)
        _replace(self._settings, text)
        command = [sys.executable, '-m', 'gunicorn', '--config', str(self._settings), *found.extra]
        keeper.keep(command, _environment())
        if running and keeping.pid(pid_file, self.charm) == running and text != before:
            os.kill(running, signal.SIGHUP)
        if not running and not self._has_worker():
            self._explain(text, found, is_first=not before)
        self._wait(found)
        if text != before:
            _replace(self._served, text)

    def stop(self) -> None:
        """Serve nothing any more."""
        keeping.find(self.unit, self.charm).remove()
        for path in (self._settings, self._served):
            path.unlink(missing_ok=True)
        run_folder = keeping.run_folder(keeping.name(self.unit, self.charm))
        shutil.rmtree(run_folder, ignore_errors=True)

    def _pid_file(self) -> Path:
        """Return where gunicorn writes its process id: beside its keeper's files."""
        name = keeping.name(self.unit, self.charm)
        folder = keeping.run_folder(name)
        keeping.ensure_folder(folder)
        return folder / 'gunicorn.pid'

    def _expect_worker(self, found: wanted.Wanted) -> None:
        """Make the empty file into which the first worker that has loaded the application writes.

        So the application is not loaded once more before, to see whether it can be.
        """
        self._ready.write_text('')
        identity = _identity(str(found.settings['user']))
        if identity:
            os.chown(self._ready, identity['user'], identity['group'])

    def _has_worker(self) -> bool:
        """Return whether a worker has loaded the application, or does so soon."""
        deadline = time.monotonic() + _SOON_SECONDS
        while time.monotonic() < deadline:
            if self._ready.read_text():
                return True
            time.sleep(_LOOK_SECONDS)
        return False

    def _explain(self, text: str, found: wanted.Wanted, *, is_first: bool) -> None:
        """Say why the application can't be loaded, if it can't; one that never was is ended."""
        try:
            self._check(text, found)
        except errors.Error:
            if is_first:
                self.stop()
            raise

    def _check(self, text: str, found: wanted.Wanted) -> None:
        """Load the application once, as its own user, without serving it."""
        candidate = self._var / 'candidate.conf.py'
        _replace(candidate, text)
        variables = dict(word.split('=', 1) for word in found.settings['raw_env'])
        environment = _environment()
        environment['PYTHONPATH'] = ':'.join([*found.python_path, environment['PYTHONPATH']])
        try:
            done = subprocess.run(
                [
                    *(sys.executable, '-m', 'gunicorn', '--check-config'),
                    *('--config', str(candidate), *found.extra),
                ],
                cwd='/',
                env={**environment, **variables},
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=_CHECK_SECONDS,
                check=False,
                **_identity(str(found.settings['user'])),
            )
        except subprocess.TimeoutExpired:
            raise errors.Error(
                f'the application takes more than {_CHECK_SECONDS} s to load'
            ) from None
        if done.returncode:
            lines = [line.strip() for line in (done.stdout + done.stderr).splitlines()]
            cause = next((line for line in reversed(lines) if line), f'exit {done.returncode}')
            raise errors.Error(f'cannot load "{found.application}": {cause}')

    def _wait(self, found: wanted.Wanted) -> None:
        """Wait until the port is listened on."""
        deadline = time.monotonic() + _START_SECONDS
        host = {'0.0.0.0': '127.0.0.1', '::': '::1'}.get(found.address, found.address)
        while time.monotonic() < deadline:
            with contextlib.suppress(OSError):
                socket.create_connection((host, found.port), timeout=1).close()
                return
            time.sleep(_LOOK_SECONDS)
        raise errors.Error(
            f'gunicorn does not listen on {found.bind}; see {self._var}/gunicorn.log'
        )


def _refuse_taken(found: wanted.Wanted) -> None:
    family = socket.AF_INET6 if ':' in found.address else socket.AF_INET
    with socket.socket(family) as tried:
        tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            tried.bind((found.address, found.port))
        except OSError as error:
            raise errors.Error(
                f'cannot listen on {found.bind}: {os.strerror(error.errno or 0).lower()}; '
                'end what does, or give the application another port'
            ) from None


def _replace(path: Path, text: str) -> None:
    """Write *path* at once; the workers' user may read it when the application is tried."""
    fresh = path.with_suffix('.new')
    fresh.write_text(text)
    fresh.chmod(0o644)
    fresh.replace(path)


def _identity(user: str) -> Mapping[str, Any]:
    if os.geteuid() != 0:
        return {}
    try:
        found = pwd.getpwnam(user)
    except KeyError:
        raise errors.Error(f'option wsgi_user: there is no user "{user}"') from None
    return {'user': found.pw_uid, 'group': found.pw_gid, 'extra_groups': []}


def _environment() -> dict[str, str]:
    """Return all the variables of gunicorn: nothing of the hook's own."""
    own = os.environ.get('PYTHONPATH', '').split(':')
    return {
        'PATH': '/usr/local/bin:/usr/bin:/bin',
        'LANG': 'C.UTF-8',
        'PYTHONPATH': ':'.join(os.path.abspath(part) for part in own if part),
        # Python takes a file that changed within a second for unchanged, its settings too.
        'PYTHONDONTWRITEBYTECODE': '1',
        'PYTHONUNBUFFERED': '1',
    }
