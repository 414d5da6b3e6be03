"""Services under supervisord, from the charm's own environment: no systemd, or not root.

The tree is supervisord → one :mod:`pgcharm.keeper` per service → the service. All files lie in
the unit's run folder, so after a reboot nothing is left that claims to run.
"""

from __future__ import annotations

import contextlib
import fcntl
import http.client
import os
import shlex
import signal
import socket
import subprocess
import sys
import time
import xmlrpc.client
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .. import errors, files, layout
from . import Running, Service

_START_SECONDS = 20.0
_STOP_SECONDS = 60.0


class Supervisord:
    """A supervisord of this unit's own; see :class:`pgcharm.services.Services`."""

    def __init__(self, places: layout.Layout) -> None:
        self._folder = places.run / 'supervisor'
        self._log = places.log if places.storage else self._folder
        self._socket = self._folder / 'control'
        self._settings = self._folder / 'supervisord.conf'
        self._user = places.service_user

    def running(self) -> Running:
        """Return what is kept running now; nothing when supervisord is not there."""
        try:
            with _connect(self._socket) as server:
                found = server.supervisor.getAllProcessInfo()
        except OSError:
            return Running({})
        digests = _digests(files.read(self._settings) or '')
        return Running(
            {
                process['name']: digests.get(process['name'], '')
                for process in _records(found)
                if process['statename'] in ('STARTING', 'RUNNING')
            }
        )

    def keep(self, wanted: tuple[Service, ...]) -> None:
        """Keep exactly *wanted* running."""
        files.ensure_folder(self._folder, mode=0o700 if self._user is None else 0o711)
        # The locks are the service user's, the control socket is ours.
        files.ensure_folder(self._folder / 'locks', owner=self._user)
        files.write(self._settings, self._render(wanted))
        if not self._answers():
            self._start()
            return
        with _connect(self._socket) as server:
            try:
                changes: Any = server.supervisor.reloadConfig()
                added, changed, removed = changes[0]
                for name in (*changed, *removed):
                    server.supervisor.stopProcessGroup(name)
                    server.supervisor.removeProcessGroup(name)
                for name in (*added, *changed):
                    server.supervisor.addProcessGroup(name)
                for process in _records(server.supervisor.getAllProcessInfo()):
                    if process['statename'] not in ('STARTING', 'RUNNING', 'BACKOFF'):
                        server.supervisor.startProcess(process['name'], False)
            except xmlrpc.client.Fault as error:
                raise errors.ServicesError(_refusal(self._folder, error)) from None

    def remove(self) -> None:
        """End all services and supervisord, and remove their files.

        Nothing starts for that: a unit that leaves must not come to life beside the others.
        """
        if not self._folder.is_dir():
            return
        with contextlib.suppress(OSError), _connect(self._socket) as server:
            # The last one started goes first: Patroni gives its lease back while etcd is there.
            for name in reversed(_digests(files.read(self._settings) or '')):
                with contextlib.suppress(xmlrpc.client.Fault):
                    server.supervisor.stopProcess(name)
            pid: Any = server.supervisor.getPID()
            server.supervisor.shutdown()
            _wait_until_gone(int(pid), _START_SECONDS)
        # Those whose supervisord was killed go on without it.
        for name in reversed(_digests(files.read(self._settings) or '')):
            _end_keeper(self._folder / 'locks' / name)
        files.remove(self._folder)

    def _answers(self) -> bool:
        try:
            with _connect(self._socket) as server:
                server.supervisor.getState()
        except OSError:
            return False
        return True

    def _start(self) -> None:
        self._socket.unlink(missing_ok=True)
        command = [sys.executable, '-m', 'supervisor.supervisord', '-c', str(self._settings)]
        environment = {
            'LANG': 'C.UTF-8',
            'PATH': os.environ.get('PATH', os.defpath),
            'PYTHONPATH': os.environ.get('PYTHONPATH', ''),
            'PYTHONWARNINGS': 'ignore',
        }
        # It puts itself into the background once its control socket listens.
        ended = subprocess.run(
            command,
            cwd=self._folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_START_SECONDS,
            check=False,
        )
        if ended.returncode != 0:
            raise errors.ServicesError(
                f'cannot start supervisord in {self._folder}: {ended.stderr.strip()[-300:]}'
            )

    def _render(self, wanted: tuple[Service, ...]) -> str:
        text = [
            '[supervisord]',
            f'logfile={self._log}/supervisord.log',
            'logfile_maxbytes=1MB',
            'logfile_backups=1',
            'loglevel=info',
            f'pidfile={self._folder}/pid',
            'umask=077',
            *(['user=root'] if self._user else []),
            '[unix_http_server]',
            f'file={self._socket}',
            'chmod=0600',
            '[rpcinterface:supervisor]',
            'supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface',
        ]
        for service in wanted:
            text += [*self._program(service)]
        return '\n'.join(text) + '\n'

    def _program(self, service: Service) -> list[str]:
        keeper = Path(__file__).parent.parent / 'keeper.py'
        lock = self._folder / 'locks' / service.name
        command = [
            *(sys.executable, '-I', '-S', str(keeper)),
            *(str(lock), f'{self._log}/{service.name}.log', *service.command),
        ]
        return [
            f'[program:{service.name}]',
            f'; digest {service.name} {service.digest}',
            'command=' + shlex.join(command).replace('%', '%%'),
            'environment=' + _environment(service.environment),
            *([f'user={service.user}'] if service.user else []),
            f'directory={"/" if service.user else self._folder}',
            'autostart=true',
            'autorestart=true',
            'startsecs=1',
            'startretries=1000000',
            'stopsignal=TERM',
            f'stopwaitsecs={int(service.stop_seconds)}',
            'stdout_logfile=NONE',
            'stderr_logfile=NONE',
        ]


def _environment(values: Mapping[str, str]) -> str:
    pairs = (f'{name}="{value}"' for name, value in sorted(values.items()))
    return ','.join(pairs).replace('%', '%%')


def _digests(settings: str) -> dict[str, str]:
    """Return name and digest of each service in *settings*, in the order of their start."""
    lines = (line.split() for line in settings.splitlines() if line.startswith('; digest '))
    return {words[2]: words[3] for words in lines}


def _records(answer: Any) -> list[dict[str, Any]]:
    return answer


def _refusal(folder: Path, error: xmlrpc.client.Fault) -> str:
    return f'cannot change the services below {folder}: supervisord says {error.faultString}'


def _end_keeper(path: Path) -> None:
    """End the keeper that holds the lock *path*, and with it its service; if any does."""
    try:
        lock = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        pid = int(os.pread(lock, 20, 0) or b'0')
        if pid:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)
            _wait_until_gone(pid, _STOP_SECONDS)
    finally:
        os.close(lock)


def _wait_until_gone(pid: int, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            os.kill(pid, 0)
            if Path(f'/proc/{pid}/stat').read_text().rpartition(')')[2].split()[0] == 'Z':
                return
        except (ProcessLookupError, FileNotFoundError):
            return
        time.sleep(0.02)
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


class _Connection(http.client.HTTPConnection):
    def __init__(self, path: str) -> None:
        super().__init__('localhost', timeout=120)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


class _Transport(xmlrpc.client.Transport):
    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path

    def make_connection(self, host: Any) -> _Connection:  # noqa: ARG002 - a socket has none
        return _Connection(str(self._path))


def _connect(path: Path) -> xmlrpc.client.ServerProxy:
    return xmlrpc.client.ServerProxy('http://localhost', transport=_Transport(path))
