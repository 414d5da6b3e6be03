"""What a hook's commands may ask of the controller; the agent's own part is in ``agent.api``.

Every method is one transaction. Units are named by their row's id.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from .. import model


class HookApi(Protocol):
    """The controller as a hook sees it. Errors are ``solo.errors.Error`` in Juju's words."""

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

    def machine_ports(self, unit: int) -> Mapping[str, Mapping[str, tuple[model.PortRange, ...]]]:
        """Return the committed opened ports of the unit's machine, by unit's name and endpoint."""
        ...

    def storage(self, unit: int) -> tuple[model.StorageView, ...]:
        """Return the unit's storage instances."""
        ...

    def unit_state(self, unit: int) -> Mapping[str, str]:
        """Return what ``state-set`` has kept."""
        ...

    def payloads(self, unit: int) -> Mapping[str, str]:
        """Return the type of each payload class that the charm declares."""
        ...

    def resource(self, unit: int, name: str) -> Path:
        """Return the path of the resource's file, fetched into the unit's resources folder."""
        ...

    def goal_state(self, unit: int) -> Mapping[str, Any]:
        """Return what ``goal-state`` prints."""
        ...

    # -- secrets -------------------------------------------------------------------------------
    def secret_content(
        self,
        unit: int,
        *,
        id: str | None,
        label: str | None,
        peek: bool,
        refresh: bool,
    ) -> tuple[str, int, Mapping[str, str]]:
        """Return (id, revision, content); tracks, relabels or refreshes at once (3.14)."""
        ...

    def secrets(self, unit: int) -> tuple[model.Secret, ...]:
        """Return the secrets that the unit owns, and as leader its application's."""
        ...

    # -- logs ---------------------------------------------------------------------------------
    def task_log(self, task: int, message: str) -> None:
        """Add a line to the task's log at once."""
        ...

    def log(self, unit: int, level: str, module: str, message: str) -> None:
        """Add a line to the debug log (``unit.app/0.juju-log``)."""
        ...
