"""What an agent may ask of the controller: its only way to the state.

Every method is one transaction. An agent holds nothing that it could not read again.
Units are named by their row's id. What a hook's commands ask is in ``hookcmds.api``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from .. import model
from ..hookcmds import api


class Api(api.HookApi, Protocol):
    """The controller as an agent sees it. Errors are ``solo.errors.Error`` in Juju's words."""

    # -- the unit's life -----------------------------------------------------------------------
    def unit(self, unit: int) -> model.Unit:
        """Return where and what the unit is."""
        ...

    def proxies(self, unit: int) -> Mapping[str, str]:
        """Return the model's proxies, such as ``juju-http-proxy``, empty where there is none."""
        ...

    def snapshot(self, unit: int) -> tuple[model.LocalState, model.Snapshot]:
        """Return what the unit has done and what it may know, read in one transaction."""
        ...

    def running(self, unit: int) -> model.Running | None:
        """Return the operation recorded as running: after a restart, what was interrupted."""
        ...

    def begin(self, unit: int, running: model.Running, agent_status: str, message: str) -> None:
        """Record that an operation is about to run, with its pid.

        The process waits at a gate until that is recorded. An empty *agent_status* leaves the
        status as it is.
        """
        ...

    def commit(
        self,
        unit: int,
        local: model.LocalState,
        writes: model.Writes,
        *,
        status: tuple[str, str] | None = None,
        finished: model.Finished | None = None,
    ) -> None:
        """Save *local*, apply *writes* and clear the running mark, all or nothing.

        Args:
            unit: The unit's row.
            local: What it has done by now.
            writes: What the hook wrote.
            status: Workload status and message that the end of the hook brings.
            finished: How the action ended, if it was one.

        Raises:
            Error: If any part is refused; then nothing is stored and the hook has failed.
        """
        ...

    def save(self, unit: int, local: model.LocalState) -> None:
        """Save *local* and clear the running mark: bookkeeping, or a hook that failed."""
        ...

    def agent_status(self, unit: int, status: str, message: str, data: Mapping[str, Any]) -> None:
        """Set the agent's status (``executing``, ``idle``, ``error``) if it differs."""
        ...

    def enter_scope(self, unit: int, relation: int) -> None:
        """Make the unit a member of the relation, with the default keys in its bag."""
        ...

    def leave_scope(self, unit: int, relation: int) -> None:
        """End the unit's membership; the bag stays readable for the relation's life."""
        ...

    def storage_detached(self, unit: int, storage_name: str) -> None:
        """End the attachment of a storage whose hooks have all run."""
        ...

    def clear_resolved(self, unit: int) -> None:
        """Forget what the operator said of the failed hook."""
        ...

    def update_status_ran(self, unit: int) -> None:
        """Start the update-status timer anew."""
        ...

    def next_wake(self, unit: int, after: float) -> float | None:
        """Return when the unit has something to do by itself (timer, retry, expiry), or None.

        What was due at the time *after* is left out: a unit that looked then and did nothing
        waits for something else.
        """
        ...

    def reboot(self, unit: int) -> None:
        """Let the unit's machine count as rebooted, for all units on it."""
        ...

    def remove(self, unit: int) -> None:
        """Take the dead unit out of the model, with all that was only its own."""
        ...

    # -- charm ---------------------------------------------------------------------------------
    def charm_folder(self, charm: int) -> Path:
        """Return the prepared folder of a charm revision: unpacked, environment built."""
        ...

    def charm_revision(self, charm: int) -> int:
        """Return the number that goes into the charm's file ``revision``."""
        ...

    # -- actions and logs ----------------------------------------------------------------------
    def log_lines(self, unit: int, level: str, module: str, messages: Sequence[str]) -> None:
        """Add many lines to the debug log in one transaction."""
        ...

    def asked(self, units: frozenset[int]) -> frozenset[int]:
        """Return those of *units* for which a task waits."""
        ...

    def task(self, task: int) -> model.Task:
        """Return an action's task by its row; its ``id`` is the number that people see."""
        ...

    def task_started(self, task: int) -> bool:
        """Mark the task as running; return False if it was cancelled and must not run."""
        ...

    def task_finished(
        self, task: int, status: str, message: str, results: Mapping[str, Any]
    ) -> None:
        """Store the outcome: ``completed``, ``failed``, ``cancelled``, ``aborted``."""
        ...
