"""The context of one running hook: what its commands see, and what they have written so far.

Reads are cached as Juju does (config once, a remote bag on its first read); writes are collected
in it and become true when the hook succeeds, or vanish with it.

Source: juju: internal/worker/uniter/runner/context/context.go and contextfactory.go.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any, Literal, TypeVar

from .. import errors, model
from .api import HookApi

_T = TypeVar('_T')


class Context:
    """One hook, action or ``juju-exec`` while it runs.

    Args:
        api: The controller.
        unit: Whose hook it is.
        local: What the unit had done before it.
        snapshot: What the unit may see, taken before it.
        hook: The hook; None in an action or a ``juju-exec``.
        commands: The ``juju-exec``.
        task: The action, and *task_row* its row.

    Attributes:
        relation: Id of the relation that the hook is about.
        status_set: Whether the charm set its status in it.
        action_results: What ``action-set`` collected, and ``action_failure`` the message of
            ``action-fail``.
        reboot: Whether ``juju-reboot`` asked for one, and when; ``end`` kills the hook for it.
    """

    def __init__(
        self,
        api: HookApi,
        unit: model.Unit,
        local: model.LocalState,
        snapshot: model.Snapshot,
        *,
        hook: model.Hook | None = None,
        commands: model.Commands | None = None,
        task: model.Task | None = None,
        task_row: int = 0,
    ) -> None:
        self.api = api
        self.unit = unit
        self.id = unit.id
        self.snapshot = snapshot
        self.hook = hook
        self.task = task
        self.task_row = task_row
        about = hook or commands
        self.relation = about.relation if about else None
        self.remote_unit = about.remote_unit if about else None
        self.remote_app = about.remote_app if about else None
        if self.relation is not None and not self.remote_app:
            view = snapshot.relations.get(self.relation)
            self.remote_app = view.remote_app if view else None
        self.relations = _relations(local, snapshot, hook)
        self.unit_bags: dict[int, dict[str, str | None]] = {}
        self.app_bags: dict[int, dict[str, str | None]] = {}
        self.ports: list[model.PortChange] = []
        self.secrets: list[model.SecretChange] = []
        self.storage: dict[str, int] = {}
        self.state: dict[str, str | None] = {}
        self.status_set = False
        self.action_results: dict[str, Any] = {}
        self.action_failure: str | None = None
        self.reboot: Literal['', 'after', 'now'] = ''
        self.end: Callable[[], object] = lambda: None
        self._known: dict[Any, Any] = {}
        self._was_leader = True

    @property
    def application(self) -> str:
        """The unit's application."""
        return self.unit.name.partition('/')[0]

    @property
    def tag(self) -> str:
        """The hook's endpoint and relation as ``juju-log`` shows them, ``db:3``."""
        if self.relation is None:
            return ''
        return f'{self.snapshot.relations[self.relation].endpoint}:{self.relation}'

    def writes(self) -> model.Writes:
        """Return all that was written, to be applied at once."""
        return model.Writes(
            unit_bags={relation: dict(bag) for relation, bag in self.unit_bags.items()},
            app_bags={relation: dict(bag) for relation, bag in self.app_bags.items()},
            ports=tuple(self.ports),
            secrets=tuple(self.secrets),
            storage=dict(self.storage),
            state=dict(self.state),
        )

    def is_leader(self) -> bool:
        """Tell whether the unit leads; once it does not, it does not for the rest of the hook."""
        self._was_leader = self._was_leader and self.api.is_leader(self.id)
        return self._was_leader

    def once(self, key: Any, read: Callable[[], _T]) -> _T:
        """Return what *read* gives, from the first time on without asking again."""
        if key not in self._known:
            self._known[key] = read()
        return self._known[key]

    def bag(self, relation: int, member: str) -> dict[str, str]:
        """Return the bag of *member*, a unit or an application, own pending writes included.

        Raises:
            Error: ``permission denied`` and others, as the controller says.
        """
        found = dict(
            self.once(('bag', relation, member), lambda: self.api.bag(self.id, relation, member))
        )
        pending = {self.unit.name: self.unit_bags, self.application: self.app_bags}.get(member, {})
        merge(found, pending.get(relation, {}))
        return found

    def require_action(self) -> model.Task:
        """Return the action that runs.

        Raises:
            Error: If none does.
        """
        if self.task is None:
            raise errors.Error('not running an action')
        return self.task


@dataclasses.dataclass(frozen=True)
class Relation:
    """One relation as the hook sees it: ``members`` are the remote units joined by now."""

    view: model.RelationView
    members: tuple[str, ...]
    is_broken: bool


def merge(bag: dict[str, str], changes: Mapping[str, str | None]) -> None:
    """Apply *changes* to *bag*; None deletes."""
    for key, value in changes.items():
        if value is None:
            bag.pop(key, None)
        else:
            bag[key] = value


def _relations(
    local: model.LocalState, snapshot: model.Snapshot, hook: model.Hook | None
) -> dict[int, Relation]:
    """Return the relations in whose scope the unit is. Source: contextfactory.go."""
    found: dict[int, Relation] = {}
    for row, view in snapshot.relations.items():
        is_ours = hook is not None and hook.relation == row
        if not view.in_scope and not is_ours:
            continue
        known = local.relations.get(row)
        members = set(known.members) if known else set[str]()
        if hook is not None and is_ours and hook.remote_unit is not None:
            if hook.kind == 'relation-departed':
                members.discard(hook.remote_unit)
            else:
                members.add(hook.remote_unit)
        is_ending = view.suspended or view.life is not model.Life.ALIVE
        is_broken = not view.is_peer and is_ending and not members
        found[row] = Relation(view, tuple(sorted(members)), is_broken)
    return found
