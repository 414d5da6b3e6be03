"""What an agent can do next: one small value for each kind of operation.

Source: juju: internal/worker/uniter/operation/interface.go.
"""

from __future__ import annotations

import dataclasses
from typing import TypeAlias

from .. import model


@dataclasses.dataclass(frozen=True)
class Unpack:
    """Put the charm revision into the unit's charm folder: the first, or an upgrade."""

    charm: int


@dataclasses.dataclass(frozen=True)
class RunHook:
    """Run the hook; one without a script succeeds with nothing run."""

    hook: model.Hook


@dataclasses.dataclass(frozen=True)
class SkipHook:
    """Count the hook as run: ``resolved --no-retry``, or its relation is gone."""

    hook: model.Hook


@dataclasses.dataclass(frozen=True)
class RunAction:
    """Run the task's action."""

    task: int


@dataclasses.dataclass(frozen=True)
class RunCommands:
    """Run a ``juju-exec``."""

    commands: model.Commands


@dataclasses.dataclass(frozen=True)
class AcceptLeadership:
    """Note that the unit leads; ``leader-elected`` is queued."""


@dataclasses.dataclass(frozen=True)
class ResignLeadership:
    """Note that the unit no longer leads; no hook tells the charm."""


@dataclasses.dataclass(frozen=True)
class EnterScope:
    """Become a member of an implicit relation, which has no hooks."""

    relation: int


@dataclasses.dataclass(frozen=True)
class LeaveScope:
    """End the membership in a relation whose hooks have all run."""

    relation: int


@dataclasses.dataclass(frozen=True)
class DetachStorage:
    """Let go of a storage whose hooks have all run."""

    storage: str


@dataclasses.dataclass(frozen=True)
class Idle:
    """Nothing to do before *until*, or before the next change."""

    until: float | None = None


@dataclasses.dataclass(frozen=True)
class Wait:
    """Nothing can be done before *until* or a change, but the agent is not idle."""

    until: float | None = None


@dataclasses.dataclass(frozen=True)
class Terminate:
    """The unit is dead: take it out of the model."""


Operation: TypeAlias = (
    Unpack
    | RunHook
    | SkipHook
    | RunAction
    | RunCommands
    | AcceptLeadership
    | ResignLeadership
    | EnterScope
    | LeaveScope
    | DetachStorage
    | Idle
    | Wait
    | Terminate
)
