"""The values that travel between the controller's state and the agents: Juju's nouns, frozen.

Source: juju: internal/worker/uniter/remotestate/snapshot.go and operation/state.go.
"""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Mapping
from typing import Any, Literal

Role = Literal['provides', 'requires', 'peers']
Scope = Literal['global', 'container']


class Life(str, enum.Enum):
    """The life of an entity, as Juju spells it."""

    ALIVE = 'alive'
    DYING = 'dying'
    DEAD = 'dead'


@dataclasses.dataclass(frozen=True)
class Hook:
    """One hook with its context.

    ``kind`` is the plain kind: ``install``, ``relation-joined``, ``storage-attached``,
    ``secret-changed``. ``name`` is what the charm's script is called.
    """

    kind: str
    endpoint: str | None = None
    relation: int | None = None
    remote_app: str | None = None
    remote_unit: str | None = None
    departing_unit: str | None = None
    storage: str | None = None  # 'data/0'
    secret: str | None = None  # bare id
    secret_label: str = ''
    secret_revision: int | None = None

    @property
    def name(self) -> str:
        """The full hook name: ``db-relation-joined``, ``data-storage-attached``."""
        if self.kind.startswith('relation-'):
            return f'{self.endpoint}-{self.kind}'
        if self.storage is not None:
            return f'{self.storage.partition("/")[0]}-{self.kind}'
        return self.kind


@dataclasses.dataclass(frozen=True)
class RelationState:
    """What a unit has already been told about one relation.

    Attributes:
        members: Remote units joined, with the version of their bags that was seen.
        applications: Application bags' versions that were seen, by application.
        changed_pending: The unit whose ``relation-changed`` must be the relation's next hook.
    """

    members: Mapping[str, int] = dataclasses.field(default_factory=dict[str, int])
    applications: Mapping[str, int] = dataclasses.field(default_factory=dict[str, int])
    changed_pending: str | None = None


@dataclasses.dataclass(frozen=True)
class LocalState:
    """What a unit has done so far; saved as JSON in its row, in the hook's own transaction.

    Attributes:
        charm: Id of the unpacked charm revision, None before the first.
        charm_modified: Version of charm and resources that ``upgrade-charm`` has seen.
        queued: The hook that must run next (``start`` after the first ``config-changed``).
        pending: A hook that failed or was interrupted and must run again.
        attempts: How often the pending hook has failed in a row.
        retry_at: When it is tried again, seconds since the epoch; None: not by itself.
        relations: By id; an entry exists once ``relation-created`` has run.
        storage: Ids for which ``storage-attached`` has run.
        secrets: Revision of each consumed secret that ``secret-changed`` was told of.
        removed_revisions: ``id/revision`` for which ``secret-remove`` has run.
        status_set: Whether the charm ever called ``status-set``.
        boot_id: The machine's boot in which the unit last ran.
        unpack_failed: The ``charm_modified`` of a charm that could not be unpacked.
        leader_settings: Digest of the leader settings that ``leader-settings-changed`` has seen,
            None before the first: a new unit that does not lead is told once.
    """

    charm: int | None = None
    charm_modified: int = 0
    installed: bool = False
    started: bool = False
    stopped: bool = False
    removed: bool = False
    leader: bool = False
    config_hash: str = ''
    queued: Hook | None = None
    pending: Hook | None = None
    attempts: int = 0
    retry_at: float | None = None
    relations: Mapping[int, RelationState] = dataclasses.field(
        default_factory=dict[int, RelationState]
    )
    storage: frozenset[str] = frozenset()
    secrets: Mapping[str, int] = dataclasses.field(default_factory=dict[str, int])
    removed_revisions: frozenset[str] = frozenset()
    status_set: bool = False
    boot_id: str = ''
    leader_settings: str | None = None
    unpack_failed: int = 0


@dataclasses.dataclass(frozen=True)
class RelationView:
    """One relation as one of its units may see it now.

    Attributes:
        endpoint: This side's endpoint.
        role: This side's role.
        remote_app: The other application; its own for a peer relation.
        in_scope: Whether this unit has entered the relation's scope.
        members: Remote units in scope (for peers the other units), with the versions of their
            bags; container scope shows only the counterpart. Departing units are left out.
        applications: Versions of the application bags to watch: the remote one, and for a peer
            relation the own one; 0 means never written.
    """

    id: int
    endpoint: str
    role: Role
    interface: str
    scope: Scope
    remote_app: str
    life: Life
    in_scope: bool
    members: Mapping[str, int]
    applications: Mapping[str, int]
    implicit: bool = False
    suspended: bool = False

    @property
    def is_peer(self) -> bool:
        """Tell whether both ends are one application's."""
        return self.role == 'peers'


@dataclasses.dataclass(frozen=True)
class StorageView:
    """One storage instance of the unit."""

    id: str  # 'data/0'
    kind: Literal['filesystem', 'block']
    location: str
    life: Life
    attached: bool


@dataclasses.dataclass(frozen=True)
class SecretEvent:
    """A secret hook that is due: ``secret-expired``, ``-rotate``, ``-changed`` or ``-remove``."""

    kind: Literal['secret-expired', 'secret-rotate', 'secret-changed', 'secret-remove']
    id: str
    label: str
    revision: int


@dataclasses.dataclass(frozen=True)
class Commands:
    """A ``juju-exec`` that waits to run in the unit's context."""

    id: int
    script: str
    relation: int | None = None
    remote_unit: str | None = None
    remote_app: str | None = None


@dataclasses.dataclass(frozen=True)
class Finished:
    """How an action ended; *task* is its row."""

    task: int
    status: str
    message: str
    results: Mapping[str, Any]


@dataclasses.dataclass(frozen=True)
class Snapshot:
    """All that a unit may know of the world at one instant.

    Attributes:
        now: Seconds since the epoch.
        charm: Id of the charm revision that it should run.
        charm_modified: Rises when the charm or a resource of it changes.
        charm_forced: Whether the charm is to be taken although a hook has failed.
        config_hash: Digest of settings, trust and addresses.
        leader_settings: Digest of the leader settings, empty while there are none to tell of.
        abandoned: Whether a forced removal has waited long enough for the unit's hooks.
        actions: Task ids that wait for this unit, oldest first.
        resolved: What the operator said of the failed hook.
        update_status_due: Whether the timer has fired.
        boot_id: The machine's present boot.
        retry_hooks: Model config ``automatically-retry-hooks``.
    """

    unit: str
    life: Life
    application_life: Life
    now: float
    charm: int
    charm_modified: int
    config_hash: str
    is_leader: bool
    relations: Mapping[int, RelationView]
    storage: tuple[StorageView, ...]
    secrets: tuple[SecretEvent, ...]
    actions: tuple[int, ...]
    commands: tuple[Commands, ...]
    resolved: Literal['retry', 'no-retry'] | None
    update_status_due: bool
    boot_id: str
    has_subordinates: bool = False
    retry_hooks: bool = True
    leader_settings: str = ''
    abandoned: bool = False
    charm_forced: bool = False


@dataclasses.dataclass(frozen=True)
class PortRange:
    """Ports that a unit opens: ``80/tcp``, ``8000-8100/udp``, ``icmp``."""

    first: int
    last: int
    protocol: str

    def overlaps(self, other: PortRange) -> bool:
        """Tell whether both can't be open on one machine; the same range overlaps itself."""
        is_apart = self.last < other.first or other.last < self.first
        return self.protocol == other.protocol and not is_apart

    def __str__(self) -> str:
        if self.protocol == 'icmp':
            return 'icmp'
        if self.first == self.last:
            return f'{self.first}/{self.protocol}'
        return f'{self.first}-{self.last}/{self.protocol}'


@dataclasses.dataclass(frozen=True)
class PortChange:
    """One open-port or close-port; no endpoints means all of them."""

    action: Literal['open', 'close']
    ports: PortRange
    endpoints: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True)
class SecretChange:
    """One pending write to a secret. Fields that are None stay as they are."""

    action: Literal['add', 'set', 'remove', 'grant', 'revoke']
    id: str
    owner: str = ''  # 'app' or 'app/0'
    content: Mapping[str, str] | None = None
    label: str | None = None
    description: str | None = None
    rotate: str | None = None
    expire: float | None = None
    revision: int | None = None  # for remove: None removes all
    relation: int | None = None  # for grant and revoke
    target: str | None = None  # application or unit


@dataclasses.dataclass(frozen=True)
class Writes:
    """What a hook wrote: applied all at once when it succeeds, or not at all.

    A value of None in a bag or in ``state`` deletes the key.
    """

    unit_bags: Mapping[int, Mapping[str, str | None]] = dataclasses.field(
        default_factory=dict[int, Mapping[str, 'str | None']]
    )
    app_bags: Mapping[int, Mapping[str, str | None]] = dataclasses.field(
        default_factory=dict[int, Mapping[str, 'str | None']]
    )
    ports: tuple[PortChange, ...] = ()
    secrets: tuple[SecretChange, ...] = ()
    storage: Mapping[str, int] = dataclasses.field(default_factory=dict[str, int])
    state: Mapping[str, str | None] = dataclasses.field(default_factory=dict[str, 'str | None'])


@dataclasses.dataclass(frozen=True)
class Secret:
    """A secret's metadata, as its owner sees it."""

    id: str
    owner: str
    label: str
    description: str
    revision: int
    rotate: str
    expires: float | None
    rotates: float | None
    grants: tuple[tuple[str, str], ...]  # (target, scope), scope such as 'relation-3'


@dataclasses.dataclass(frozen=True)
class Running:
    """The operation that a unit runs, written before its process starts."""

    what: str  # 'hook', 'action', 'commands'
    hook: Hook | None
    task: int | None
    pid: int | None
    started: float | None  # the process's start time in clock ticks, see proc(5)


@dataclasses.dataclass(frozen=True)
class Task:
    """One action on one unit."""

    id: int
    operation: int
    unit: str
    name: str  # 'juju-exec' for exec
    params: Mapping[str, Any]
    status: str
    parallel: bool = False  # beside whatever else runs on the machine
    group: str = ''  # after those of its execution group, beside all others


@dataclasses.dataclass(frozen=True)
class Unit:
    """Where and what a unit is: facts that don't change while it lives."""

    id: int
    name: str
    model: str
    model_uuid: str
    machine: str
    machine_key: str  # the machine's folder below the data directory
    principal: str  # '' unless subordinate
    address: str
