"""Where units live: what any kind of machine can do.

``local`` is a folder and an address; ``namespace`` has power, and cables that can be cut.
"""

from __future__ import annotations

import dataclasses
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Literal, NamedTuple, Protocol

from . import forward

Power = Literal['kill', 'stop', 'freeze']


@dataclasses.dataclass(frozen=True)
class Machine:
    """A machine to make or to end.

    Attributes:
        key: Its folder below ``machines/`` in the data directory: ``default/0``.
        address: The address it had before, '' for a new one.
        hostname: What it calls itself.
    """

    key: str
    address: str = ''
    hostname: str = ''


class Made(NamedTuple):
    """A machine that is there: its address, and which boot of it this is."""

    address: str
    boot_id: str


class Cut(NamedTuple):
    """What doesn't get through a machine's cable any more.

    Attributes:
        key: The machine.
        other: Only what comes from or goes to this machine; '' for everybody.
        port: Only TCP and UDP of this port, at either end; None for all.
        one_way: Only what comes in; what the machine sends gets through.
    """

    key: str
    other: str = ''
    port: int | None = None
    one_way: bool = False


class Provider(Protocol):
    """A kind of machine. Every method may be called again after a crash, and then mends.

    Attributes:
        name: As ``add-model --config provider=`` has it.
        has_power: Whether :meth:`power` can switch it.
    """

    name: str
    has_power: bool

    def check(self) -> None:
        """Look whether this host can have such machines.

        Raises:
            Error: If it can't, with what is missing.
        """
        ...

    def create(self, machine: Machine) -> Made:
        """Make the machine, or make good what is missing of it; it runs then, and isn't frozen.

        Raises:
            Error: If this host can't.
        """
        ...

    def destroy(self, machine: Machine) -> None:
        """End the machine as if a cloud had taken it back: no process and no folder is left."""
        ...

    def enter(self, machine: Machine, cwd: Path) -> list[str]:
        """Return what to put before a command line so that it runs on the machine, in *cwd*."""
        ...

    def root(self, machine: Machine) -> str:
        """Return the folder that is the machine's ``/``, '' when that is the host's.

        Raises:
            Error: If the machine doesn't run.
        """
        ...

    def spawn(
        self,
        machine: Machine,
        argv: list[str],
        *,
        env: Mapping[str, str],
        cwd: Path,
        stdin: int | IO[bytes] | None,
        stdout: int | IO[bytes] | None,
        stderr: int | IO[bytes] | None,
    ) -> subprocess.Popen[bytes]:
        """Start a process on the machine, in a session of its own.

        Raises:
            Error: If the machine doesn't run.
        """
        ...

    def place(self, machine: Machine, folder: Path, location: str) -> Path:
        """Make storage appear at a charm's *location*, and return where the charm sees it.

        Raises:
            OSError: If the location can't be had.
            Error: If the machine doesn't run.
        """
        ...

    def power(self, machine: Machine, what: Power) -> None:
        """Do to the machine what a power switch would.

        Raises:
            Error: If this kind of machine has no power to switch.
        """
        ...

    def connect(self, cuts: Sequence[Cut], addresses: Mapping[str, str]) -> None:
        """Cut the cables of the data directory's machines like this, and no others.

        Args:
            cuts: What doesn't get through.
            addresses: The addresses of the machines by key.

        Raises:
            Error: If the kernel refuses.
        """
        ...

    def expose(self, rules: Sequence[forward.Rule]) -> None:
        """Let the kernel forward these ports and no others, if it can do that for such machines.

        A forwarder listens there too: what the kernel doesn't take, it serves.

        Raises:
            Error: If the kernel refuses.
        """
        ...


def link(place: Path, folder: Path) -> None:
    """Make *place* a link to a storage's folder, whatever it led to before."""
    place.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    place.unlink(missing_ok=True)
    place.symlink_to(folder)
