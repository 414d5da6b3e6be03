"""Run the one process of a hook, an action or a ``juju-exec``, and read what it prints.

Source: juju: internal/worker/uniter/runner/runner.go and args.go.
"""

from __future__ import annotations

import base64
import os
import select
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO, Any, NamedTuple, Protocol

from .. import errors, processes
from . import environment

# How a hook was run. Source: juju: internal/worker/uniter/runner/runner.go (HookHandlerType).
DISPATCH = 'hook dispatching script: dispatch'
EXPLICIT = 'explicit, bespoke hook script'
INVALID = 'unknown/invalid hook handler'
_CHUNK = 65536
_LONGEST_LINE = 65536
_MOST_CAPTURED = 8 * 1024 * 1024
# The process waits at this gate until its pid is in the database: a controller that dies in
# between leaves a gate that nobody opens, and so no second hook of the unit.
_GATE = 'IFS= read -r _ || exit 1; unset _ PWD OLDPWD IFS; exec "$@" </dev/null'


class Spawn(Protocol):
    """Start a process in a machine, in a session of its own. ``machines.provider`` has one."""

    def __call__(
        self,
        argv: list[str],
        *,
        env: Mapping[str, str],
        cwd: Path,
        stdin: int | IO[bytes] | None,
        stdout: int | IO[bytes] | None,
        stderr: int | IO[bytes] | None,
    ) -> subprocess.Popen[bytes]:
        """Start *argv* and return its process."""
        ...


class Program(NamedTuple):
    """What a charm runs for a hook or an action."""

    path: Path
    how: str  # as the log says it, one of the two below


class Outcome(NamedTuple):
    """How a process ended.

    Attributes:
        code: Its exit status; a signal counts as -1, as in Go.
        terminated: Whether SIGTERM or SIGKILL ended it.
        stdout: What it printed, if that was to be kept.
    """

    code: int
    terminated: bool
    stdout: bytes = b''
    stderr: bytes = b''

    @property
    def reason(self) -> str:
        """How Go describes it: ``exit status 1``."""
        return 'signal: killed' if self.code < 0 else f'exit status {self.code}'

    def results(self) -> dict[str, Any]:
        """Return what a task says of it. Source: runner/runner.go updateActionResults."""
        found: dict[str, Any] = {'return-code': self.code}
        for name, content in (('stdout', self.stdout), ('stderr', self.stderr)):
            if not content:
                continue
            try:
                found[name] = content.decode()
            except UnicodeDecodeError:
                found[name] = base64.b64encode(content).decode()
                found[f'{name}-encoding'] = 'base64'
        return found


def program(charm: Path, folder: str, name: str) -> Program | None:
    """Return what to run for ``hooks/<name>`` or ``actions/<name>``, or None if it is missing.

    Raises:
        Error: If there is no charm, or the script is nothing that can be executed.
    """
    if not (charm / 'metadata.yaml').exists():
        raise errors.Error('charm missing from disk')
    for path, how in ((charm / 'dispatch', DISPATCH), (charm / folder / name, EXPLICIT)):
        if path.is_file():
            if not os.access(path, os.X_OK):
                raise errors.Error(f'fork/exec {path}: permission denied')
            if not _is_program(path):
                raise errors.Error(f'fork/exec {path}: exec format error')
            return Program(path, how)
    return None


def _is_program(path: Path) -> bool:
    """Tell whether the kernel runs it: a shell would also run a script without its first line."""
    try:
        with open(path, 'rb') as file:
            return file.read(4).startswith((b'#!', b'\x7fELF'))
    except PermissionError:  # one may run what one may not read
        return True


def bare(
    spawn: Spawn,
    script: str,
    timeout: float | None = None,
    begun: Callable[[int, float | None], object] | None = None,
) -> Outcome:
    """Run a shell text on a machine, in no unit's context, and keep its output.

    Args:
        spawn: Starts it.
        script: The text.
        timeout: Seconds after which it is killed.
        begun: Called with pid and start time, before the text runs.
    """
    env = {'PATH': environment.SYSTEM_PATH, 'LANG': 'C.UTF-8'}
    process = Process(spawn, ['/bin/bash', '-c', script], env, Path('/'), None, timeout)
    if begun is not None:
        begun(process.pid, process.started)
    return process.run()


class Process:
    """One process from its start to its end.

    Args:
        spawn: Starts it.
        argv: Its command line.
        env: Its whole environment.
        cwd: Where it starts.
        on_lines: Called with ``stdout`` or ``stderr`` and some lines; None: keep the output.
        timeout: Seconds after which it is killed.
    """

    def __init__(
        self,
        spawn: Spawn,
        argv: list[str],
        env: Mapping[str, str],
        cwd: Path,
        on_lines: Callable[[str, list[str]], None] | None,
        timeout: float | None = None,
    ) -> None:
        self._process = spawn(
            ['/bin/sh', '-c', _GATE, 'sh', *argv],
            env=env,
            cwd=cwd,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        self.pid = self._process.pid
        self.started = processes.start_time(self.pid)
        self._on_lines = on_lines
        self._deadline = None if timeout is None else time.monotonic() + timeout

    def kill(self) -> None:
        """Kill it with its descendants."""
        processes.end(self.pid, self.started)

    def run(self) -> Outcome:
        """Open the gate, and read until the process has ended: pipes may stay open longer."""
        streams = {
            name: _Stream(name, pipe, self._on_lines)
            for name, pipe in (('stdout', self._process.stdout), ('stderr', self._process.stderr))
            if pipe is not None
        }
        gate = self._process.stdin
        assert gate is not None
        try:
            gate.write(b'\n')
            gate.close()
        except BrokenPipeError:
            pass
        self._read(streams)
        code = self._process.wait()
        for stream in streams.values():
            stream.finish()
        return Outcome(
            code=code if code >= 0 else -1,
            terminated=code in (-signal.SIGTERM, -signal.SIGKILL),
            stdout=bytes(streams['stdout'].kept),
            stderr=bytes(streams['stderr'].kept),
        )

    def _read(self, streams: Mapping[str, _Stream]) -> None:
        ended = os.pidfd_open(self.pid)
        try:
            waiting: dict[int, _Stream] = {stream.fd: stream for stream in streams.values()}
            poll = select.poll()
            for fd in (ended, *waiting):
                poll.register(fd, select.POLLIN)
            while True:
                left = None
                if self._deadline is not None:
                    left = max(0.0, self._deadline - time.monotonic()) * 1000
                ready = [fd for fd, _ in poll.poll(left)]
                if not ready:
                    self._deadline = None
                    self.kill()
                for fd in ready:
                    if fd in waiting and not waiting[fd].read():
                        poll.unregister(fd)
                        del waiting[fd]
                if ended in ready:
                    return
        finally:
            os.close(ended)


class _Stream:
    """One pipe of a process: lines go out as they come, memory stays bounded."""

    def __init__(
        self, name: str, pipe: IO[bytes], on_lines: Callable[[str, list[str]], None] | None
    ) -> None:
        self.name = name
        self.fd = pipe.fileno()
        self.kept = bytearray()
        self._pipe = pipe
        self._on_lines = on_lines
        os.set_blocking(self.fd, False)

    def read(self) -> bool:
        """Take what is there; return whether more may come."""
        try:
            chunk = os.read(self.fd, _CHUNK)
        except BlockingIOError:
            return True
        self._take(chunk)
        return bool(chunk)

    def finish(self) -> None:
        """Take what is still in the pipe; a service that holds it may go on writing."""
        is_open = True
        while is_open:
            try:
                chunk = os.read(self.fd, _CHUNK)
            except BlockingIOError:
                threading.Thread(target=_discard, args=(self._pipe,), daemon=True).start()
                break
            self._take(chunk)
            is_open = bool(chunk)
        else:
            self._pipe.close()
        if self._on_lines is not None and self.kept:
            self._pass_on([bytes(self.kept)])
            self.kept.clear()

    def _take(self, chunk: bytes) -> None:
        if self._on_lines is None:
            self.kept += chunk[: max(0, _MOST_CAPTURED - len(self.kept))]
            return
        *lines, rest = (bytes(self.kept) + chunk).split(b'\n')
        if len(rest) >= _LONGEST_LINE:
            lines.append(rest)
            rest = b''
        self.kept[:] = rest
        self._pass_on(lines)

    def _pass_on(self, lines: list[bytes]) -> None:
        if self._on_lines is not None and lines:
            self._on_lines(
                self.name,
                [
                    line[start : start + _LONGEST_LINE].decode('utf-8', 'replace').rstrip('\r')
                    for line in lines
                    for start in range(0, len(line) or 1, _LONGEST_LINE)
                ],
            )


def _discard(pipe: IO[bytes]) -> None:
    """Read what a left-over service prints, so that it neither blocks nor gets SIGPIPE."""
    with pipe:
        os.set_blocking(pipe.fileno(), True)
        while os.read(pipe.fileno(), _CHUNK):
            pass
