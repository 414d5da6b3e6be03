"""One unit on one machine whose controller is in memory: its processes are real."""

from __future__ import annotations

import dataclasses
import subprocess
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO

from hook_api import HookApi

from solo.agent import machine, places, sockets, unpack


class Provider:
    """Starts processes here."""

    def spawn(
        self,
        argv: list[str],
        *,
        env: Mapping[str, str],
        cwd: Path,
        stdin: int | IO[bytes] | None,
        stdout: int | IO[bytes] | None,
        stderr: int | IO[bytes] | None,
    ) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            argv,
            env=env,
            cwd=cwd,
            stdin=stdin,
            stdout=stdout,
            stderr=stderr,
            start_new_session=True,
        )


class World:
    """One unit of one charm on one machine."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.api = HookApi()
        self.api.prepared = folder / 'prepared'
        self.api.prepared.mkdir()
        (self.api.prepared / 'metadata.yaml').write_text('name: app\n')
        self.place = places.of(folder, self.api.facts)
        self.doors = sockets.Doors()
        self.doors.start()
        self._changed = threading.Condition()
        self.api.on_change = self._ring
        self.thread: machine.Machine | None = None

    def script(self, name: str, text: str, mode: int = 0o755) -> None:
        path = self.api.prepared / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(f'#!/bin/bash\n{text}\n')
        path.chmod(mode)

    def start(self) -> None:
        self.thread = machine.Machine(self.api, Provider().spawn, self.folder, self.doors)
        self.thread.start()
        self.thread.place(frozenset([1]))

    def wait(self, condition: Callable[[], object], timeout: float = 60.0) -> None:
        with self._changed:
            assert self._changed.wait_for(condition, timeout), (
                f'agent {self.api.agent}, local {self.api.local}, log {self.api.lines}'
            )

    def wait_idle(self) -> None:
        self.wait(lambda: self.api.agent[0] == 'idle')

    def change(self, **changes: object) -> None:
        self.api.world = dataclasses.replace(self.api.world, **changes)  # type: ignore[arg-type]
        assert self.thread is not None
        self.thread.wake(frozenset([1]))

    def exec(self, *args: str, **env: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [self.place.tools / 'juju-exec', *args],
            env=env,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def stop(self) -> None:
        if self.thread is not None:
            self.thread.stop()
            self.thread.join()
        self.doors.stop()

    def _ring(self) -> None:
        with self._changed:
            self._changed.notify_all()


def unpacked(world: World) -> None:
    """Let the unit have its charm already."""
    unpack.unpack(world.api.prepared, world.place, 0)
