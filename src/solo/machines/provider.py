"""Where units live: what any kind of machine can do.

``local`` is a folder and an address; a machine of namespaces, with power, fits the same shape.
"""

from __future__ import annotations

import dataclasses
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Literal, NamedTuple, Protocol

Power = Literal['kill', 'stop', 'start', 'freeze', 'thaw', 'cut', 'heal']


@dataclasses.dataclass(frozen=True)
class Machine:
    """A machine to make or to end.

    Attributes:
        key: Its folder below ``machines/`` in the data directory: ``default/0``.
        address: The address it had before, '' for a new one.
    """

    key: str
    address: str = ''


class Made(NamedTuple):
    """A machine that is there: its address, and which boot of it this is."""

    address: str
    boot_id: str


class Provider(Protocol):
    """A kind of machine. Every method may be called again after a crash, and then mends."""

    name: str

    def create(self, machine: Machine) -> Made:
        """Make the machine, or make good what is missing of it.

        Raises:
            Error: If this host can't.
        """
        ...

    def destroy(self, machine: Machine) -> None:
        """End the machine as if a cloud had taken it back: no process and no folder is left."""
        ...

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
        """Start a process on the machine, in a session of its own."""
        ...

    def root(self, machine: Machine) -> Path:
        """Return the folder below which a charm's absolute paths (a storage location) lie."""
        ...

    def power(self, machine: Machine, what: Power) -> None:
        """Do to the machine what a power cut or a broken cable would.

        Raises:
            Error: If this kind of machine has no power to switch.
        """
        ...
