"""Who keeps gunicorn running: systemd where it is process 1 and we are root, else supervisord."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

from . import errors

_UNITS = Path('/etc/systemd/system')
_STOP_SECONDS = 35


class Keeper(Protocol):
    """Keeps one command running."""

    def keep(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        """Keep exactly that command running, from now on; the same one again changes nothing.

        Raises:
            errors.Error: If the supervisor refuses.
        """
        ...

    def remove(self) -> None:
        """End the command and leave no trace."""
        ...


def find(unit: str, charm: Path) -> Keeper:
    """Return the keeper for *unit*, whose charm lies in *charm*."""
    if os.geteuid() == 0 and Path('/proc/1/comm').read_text().strip() == 'systemd':
        return Systemd(name(unit, charm), charm / 'var')
    return Supervisord(run_folder(name(unit, charm)), charm / 'var')


def name(unit: str, charm: Path) -> str:
    """Return the service's name: another model's unit of that name has another charm folder."""
    digest = hashlib.sha256(str(charm).encode()).hexdigest()[:8]
    return f'gunicorn-{unit.replace("/", "-")}-{digest}'


def run_folder(name: str) -> Path:
    """Return a short folder that a reboot empties: a socket's path ends at 107 bytes."""
    own = Path('/run') if os.geteuid() == 0 else Path(f'/run/user/{os.geteuid()}')
    # Without a session there is no folder of our own; the mode is checked where it is made.
    root = own if os.access(own, os.W_OK) else Path(f'/tmp/charms-{os.geteuid()}')  # noqa: S108
    return root / name


def ensure_folder(folder: Path) -> None:
    """Make *folder*, and refuse one of somebody else's."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if folder.stat().st_uid != os.geteuid():
        raise errors.Error(f'cannot use {folder}: it is not ours; remove it')


def _read(path: Path) -> str:
    return path.read_text() if path.is_file() else ''


class Systemd:
    """A service of systemd; its output goes to the journal."""

    def __init__(self, name: str, var: Path) -> None:
        self._path = _UNITS / f'{name}.service'
        self._told = var / 'told'

    def keep(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        """Keep exactly that command running."""
        text = '\n'.join(
            [
                '[Unit]',
                'Description=gunicorn, by its charm',
                'After=network-online.target',
                'StartLimitIntervalSec=0',
                '[Service]',
                f'ExecStart={" ".join(map(_quoted, command))}',
                *(
                    f'Environment={_quoted(f"{name}={text}")}'
                    for name, text in environment.items()
                ),
                'KillMode=mixed',
                f'TimeoutStopSec={_STOP_SECONDS}',
                'Restart=always',
                'RestartSec=1',
                '[Install]',
                'WantedBy=multi-user.target',
                '',
            ]
        )
        is_new = _read(self._path) != text or _read(self._told) != text
        if is_new:
            self._path.write_text(text)
            self._run('daemon-reload')
            self._run('enable', '--quiet', self._path.name)
        self._run('restart' if is_new else 'start', self._path.name)
        self._told.write_text(text)

    def remove(self) -> None:
        """End the service and remove its definition."""
        if self._path.is_file():
            self._run('disable', '--quiet', '--now', self._path.name)
            self._path.unlink()
            self._told.unlink(missing_ok=True)
            self._run('daemon-reload')

    def _run(self, *words: str) -> None:
        done = subprocess.run(['systemctl', *words], capture_output=True, text=True, check=False)
        if done.returncode:
            said = done.stderr.strip()[-200:]
            raise errors.Error(f'cannot {words[0]} {self._path.name}: systemctl says {said}')


def _quoted(word: str) -> str:
    escaped = word.replace('\\', '\\\\').replace('"', '\\"').replace('%', '%%')
    return f'"{escaped.replace("$", "$$")}"'


class Supervisord:
    """A supervisord of this unit's own; the output goes to ``gunicorn.log``."""

    def __init__(self, run: Path, var: Path) -> None:
        self._run = run
        self._var = var
        self._settings = run / 'supervisord.conf'
        self._told = run / 'told'

    def keep(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        """Keep exactly that command running."""
        ensure_folder(self._run)
        text = self._render(command, environment)
        is_new = _read(self._told) != text
        if is_new:
            self._settings.write_text(text)
        running = pid(self._run / 'gunicorn.pid', self._var)
        if not pid(self._run / 'supervisord.pid', self._run):
            # One that was killed left gunicorn behind, which holds the port.
            end(running)
            self._start()
        elif is_new or not running:
            # Each question costs a third of a second.
            self._ask('update')
            self._ask('start', 'gunicorn')  # an error when it runs, which is fine
        # Last: a hook may end between the file and the telling.
        self._told.write_text(text)

    def remove(self) -> None:
        """End the command and supervisord."""
        if not self._settings.is_file():
            return
        found = self._ask('pid')
        self._ask('shutdown')
        if found.returncode == 0:
            end(int(found.stdout), signal.SIGTERM)
        end(pid(self._run / 'gunicorn.pid', self._var))

    def _start(self) -> None:
        (self._run / 'control').unlink(missing_ok=True)
        done = subprocess.run(
            [sys.executable, '-m', 'supervisor.supervisord', '-c', str(self._settings)],
            env=_environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            cwd='/',
        )
        if done.returncode:
            raise errors.Error(f'cannot start supervisord: {done.stderr.strip()[-200:]}')

    def _ask(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, '-m', 'supervisor.supervisorctl', '-c', str(self._settings), *words],
            env=_environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            cwd='/',
        )

    def _render(self, command: Sequence[str], environment: Mapping[str, str]) -> str:
        variables = ','.join(
            f'{name}="{text}"'.replace('%', '%%') for name, text in environment.items()
        )
        lines = [
            '[supervisord]',
            f'pidfile={self._run}/supervisord.pid',
            f'logfile={self._var}/supervisord.log',
            'logfile_maxbytes=1MB',
            'logfile_backups=1',
            *(['user=root'] if os.geteuid() == 0 else []),
            '[unix_http_server]',
            f'file={self._run}/control',
            'chmod=0600',
            '[supervisorctl]',
            f'serverurl=unix://{self._run}/control',
            '[rpcinterface:supervisor]',
            'supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface',
            '[program:gunicorn]',
            f'command={shlex.join(command)}'.replace('%', '%%'),
            f'environment={variables}',
            'directory=/',
            'autorestart=true',
            'startsecs=1',
            'startretries=1000000',
            f'stopwaitsecs={_STOP_SECONDS}',
            'killasgroup=true',
            'redirect_stderr=true',
            f'stdout_logfile={self._var}/gunicorn.log',
            'stdout_logfile_maxbytes=5MB',
            'stdout_logfile_backups=1',
        ]
        return '\n'.join(lines) + '\n'


def _environment() -> dict[str, str]:
    # Nothing of the hook's own: what a daemon inherits, it passes on for ever.
    return {
        'PATH': os.defpath,
        'LANG': 'C.UTF-8',
        'PYTHONPATH': os.environ.get('PYTHONPATH', ''),
        'PYTHONWARNINGS': 'ignore',
    }


def pid(file: Path, marker: Path) -> int:
    """Return the process that *file* names if its command line names *marker* too; else 0."""
    try:
        found = int(file.read_text())
        line = Path(f'/proc/{found}/cmdline').read_bytes()
    except (OSError, ValueError):
        return 0
    return found if str(marker).encode() in line else 0


def end(process: int, number: int = signal.SIGTERM) -> None:
    """Tell a process to end, wait, and kill it when it does not."""
    deadline = time.monotonic() + _STOP_SECONDS
    with contextlib.suppress(ProcessLookupError):
        while process:
            os.kill(process, number if time.monotonic() < deadline else signal.SIGKILL)
            number = 0
            state = Path(f'/proc/{process}/stat')
            if not state.exists() or state.read_text().rpartition(')')[2].split()[0] == 'Z':
                return
            time.sleep(0.05)
