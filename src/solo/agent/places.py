"""Where a unit's files lie below the data directory, and its sockets.

Source: juju: internal/worker/uniter/paths.go, for the names below the agent's folder.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from .. import model, names


class Places(NamedTuple):
    """The paths of one unit.

    Attributes:
        agent: The agent's folder, with ``charm``, ``resources`` and ``state`` in it.
        tools: The hook commands, one link per name.
        hook_socket: Where the commands of a running hook connect.
        exec_socket: Where ``juju-exec`` connects at any time.
    """

    agent: Path
    tools: Path
    log: Path
    hook_socket: Path
    exec_socket: Path

    @property
    def charm(self) -> Path:
        """The unit's own copy of its charm."""
        return self.agent / 'charm'

    @property
    def state(self) -> Path:
        """What the agent itself keeps: the charm's manifest."""
        return self.agent / 'state'


def of(data: Path, unit: model.Unit) -> Places:
    """Return the places of *unit* below the data directory *data*.

    The sockets' names are short: a Unix socket's path has at most 107 bytes, unix(7).
    """
    machine = data / 'machines' / unit.machine_key
    tag = names.unit(unit.name).tag
    return Places(
        agent=machine / 'agents' / tag,
        tools=machine / 'tools' / tag,
        log=machine / 'log' / f'{tag}.log',
        hook_socket=data / 'run' / f'{unit.id}.sock',
        exec_socket=data / 'run' / f'{unit.id}-exec.sock',
    )
