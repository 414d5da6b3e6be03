"""What an agent may ask of the controller: its only way to the state.

Every method is one transaction. An agent holds nothing that it could not read again.
Units are named by their full name within a model, ``(model, 'app/0')``, here by the row's id.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from .. import model


class Api(Protocol):
    """The controller as an agent sees it. Errors are ``solo.errors.Error`` in Juju's words."""

    # -- the unit's life -----------------------------------------------------------------------
    def unit(self, unit: int) -> model.Unit:
        """Return where and what the unit is."""
        ...

    def snapshot(self, unit: int) -> tuple[model.LocalState, model.Snapshot]:
        """Return what the unit has done and what it may know, read in one transaction."""
        ...

    def running(self, unit: int) -> model.Running | None:
        """Return the operation recorded as running: after a restart, what was interrupted."""
        ...

    def begin(self, unit: int, running: model.Running, agent_status: str, message: str) -> None:
        """Record that an operation is about to run; again with its pid when it has one."""
        ...

    def commit(self, unit: int, local: model.LocalState, writes: model.Writes) -> None:
        """Save *local*, apply *writes* and clear the running mark, all or nothing.

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

    def clear_resolved(self, unit: int) -> None:
        """Forget what the operator said of the failed hook."""
        ...

    def update_status_ran(self, unit: int) -> None:
        """Start the update-status timer anew."""
        ...

    def next_wake(self, unit: int) -> float | None:
        """Return when the unit has something to do by itself (timer, retry, expiry), or None."""
        ...

    def remove(self, unit: int) -> None:
        """Take the dead unit out of the model, with all that was only its own."""
        ...

    # -- charm ---------------------------------------------------------------------------------
    def charm_folder(self, charm: int) -> Path:
        """Return the prepared folder of a charm revision: unpacked, environment built."""
        ...

    # -- reads of a hook's context -------------------------------------------------------------
    def config(self, unit: int) -> Mapping[str, Any]:
        """Return all options; unset ones without a default are None."""
        ...

    def endpoints(self, unit: int) -> Mapping[str, model.Role]:
        """Return the charm's endpoints, with extra bindings as role ``requires``."""
        ...

    def bag(self, unit: int, relation: int, member: str) -> Mapping[str, str]:
        """Return the bag of *member*, a unit or an application, as *unit* may read it.

        Raises:
            Error: ``permission denied``, or ``settings not found`` in Juju's words (contract 3.4).
        """
        ...

    def remote_model_uuid(self, unit: int, relation: int) -> str:
        """Return the uuid of the other side's model."""
        ...

    def is_leader(self, unit: int) -> bool:
        """Tell whether the unit holds the lease, for at least 30 s more; renews it."""
        ...

    def leader_settings(self, unit: int) -> Mapping[str, str]:
        """Return the application's leader settings."""
        ...

    def leader_set(self, unit: int, settings: Mapping[str, str]) -> None:
        """Write leader settings at once; an empty value deletes."""
        ...

    def status(self, unit: int) -> Mapping[str, Any]:
        """Return the workload status: ``status``, ``message``, ``data``."""
        ...

    def application_status(self, unit: int) -> Mapping[str, Any]:
        """Return the application's status and its units' (leader only)."""
        ...

    def set_status(self, unit: int, status: str, message: str, *, application: bool) -> None:
        """Set a workload status at once."""
        ...

    def set_workload_version(self, unit: int, version: str) -> None:
        """Set the application's version at once."""
        ...

    def network(self, unit: int, binding: str, relation: int | None) -> Mapping[str, Any]:
        """Return what ``network-get --format json`` prints for the binding.

        Raises:
            Error: If the charm has no such endpoint.
        """
        ...

    def address(self, unit: int, which: str) -> str:
        """Return the unit's ``private`` or ``public`` address."""
        ...

    def opened_ports(self, unit: int) -> Mapping[str, tuple[model.PortRange, ...]]:
        """Return the committed opened ports by endpoint; ``''`` is all endpoints."""
        ...

    def storage(self, unit: int) -> tuple[model.StorageView, ...]:
        """Return the unit's storage instances."""
        ...

    def unit_state(self, unit: int) -> Mapping[str, str]:
        """Return what ``state-set`` has kept."""
        ...

    def resource(self, unit: int, name: str) -> Path:
        """Return the path of the resource's file, fetched into the unit's resources folder."""
        ...

    def goal_state(self, unit: int) -> Mapping[str, Any]:
        """Return what ``goal-state`` prints."""
        ...

    # -- secrets -------------------------------------------------------------------------------
    def secret_content(
        self, unit: int, *, id: str | None, label: str | None, peek: bool, refresh: bool
    ) -> tuple[str, int, Mapping[str, str]]:
        """Return (id, revision, content); tracks, relabels or refreshes at once (3.14)."""
        ...

    def secrets(self, unit: int) -> tuple[model.Secret, ...]:
        """Return the secrets that the unit owns, and as leader its application's."""
        ...

    # -- actions and logs ----------------------------------------------------------------------
    def task(self, task: int) -> model.Task:
        """Return an action's task."""
        ...

    def task_started(self, task: int) -> None:
        """Mark the task as running."""
        ...

    def task_log(self, task: int, message: str) -> None:
        """Add a line to the task's log at once."""
        ...

    def task_finished(
        self, task: int, status: str, message: str, results: Mapping[str, Any]
    ) -> None:
        """Store the outcome: ``completed``, ``failed``, ``cancelled``, ``aborted``."""
        ...

    def commands_finished(self, commands: int, code: int, stdout: bytes, stderr: bytes) -> None:
        """Answer whoever waits for a ``juju-exec``."""
        ...

    def log(self, unit: int, level: str, module: str, message: str) -> None:
        """Add a line to the debug log (``unit.app/0.juju-log``)."""
        ...
