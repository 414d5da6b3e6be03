"""The steps that a plan is made of, as values; :mod:`pgcharm.perform` does them."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from . import config, etcd, https, membership, ports, services, volume, voting
from .clients import grants


@dataclasses.dataclass(frozen=True)
class MakeSecrets:
    """Make the application's secret and its certificate authority."""

    application: str


@dataclasses.dataclass(frozen=True)
class NameFounder:
    """Let this unit make the cluster, in place of one that is gone."""


@dataclasses.dataclass(frozen=True)
class ShareSecret:
    """Tell the other units where the application's secret is."""


@dataclasses.dataclass(frozen=True)
class Publish:
    """Write to the unit's peer bag."""

    content: Mapping[str, str]


@dataclasses.dataclass(frozen=True)
class Install:
    """Install packages of the distribution."""

    packages: tuple[str, ...]


@dataclasses.dataclass(frozen=True)
class Claim:
    """Mark the storage as ours and make the folders on it."""

    marker: volume.Marker
    forget_etcd: bool = False
    """Whether etcd's part is another cluster's: PostgreSQL's data are adopted, that is not."""


@dataclasses.dataclass(frozen=True)
class MakeFolders:
    """Make the folders that a reboot took."""


@dataclasses.dataclass(frozen=True)
class AllocatePorts:
    """Find free ports and remember them."""

    address: str
    first: ports.Ports


@dataclasses.dataclass(frozen=True)
class IssueCertificate:
    """Issue the unit's certificate."""

    names: tuple[str, ...]
    ca: str
    ca_key: str = dataclasses.field(repr=False)


@dataclasses.dataclass(frozen=True)
class Accept:
    """Remember options as the last good ones."""

    options: config.Config


@dataclasses.dataclass(frozen=True)
class Prove:
    """Remember options as the last ones with which the server ran."""

    options: config.Config


@dataclasses.dataclass(frozen=True)
class WriteFile:
    """Write a file that daemons read."""

    path: Path
    content: str = dataclasses.field(repr=False)


@dataclasses.dataclass(frozen=True)
class KeepServices:
    """Keep exactly these services running."""

    services: tuple[services.Service, ...]


@dataclasses.dataclass(frozen=True)
class BeginEtcd:
    """Forget what this unit's etcd was, and remember how it begins now; None: not at all."""

    start: etcd.Start | None


@dataclasses.dataclass(frozen=True)
class RestoreEtcd:
    """Let etcd begin again with this unit as its only member, and with the keys that it has."""

    start: etcd.Start
    address: str
    etcdctl: Path


@dataclasses.dataclass(frozen=True)
class ForgetLeader:
    """Delete the leader key of another unit, whose lease began anew with etcd.

    Only while this unit is etcd's only member: it has just begun.
    """

    door: https.Door
    scope: str
    forgets_confirmations: bool
    """Whether also to delete who had confirmed all writes: then anybody may be promoted."""


@dataclasses.dataclass(frozen=True)
class ChangeMembers:
    """Make the next change of etcd's members, decided again under the lock."""

    doors: tuple[https.Door, ...]
    owner: str
    units: tuple[membership.Unit, ...]


@dataclasses.dataclass(frozen=True)
class MoveMember:
    """Tell etcd's members where this unit's one is now."""

    doors: tuple[https.Door, ...]
    owner: str
    peer_url: str


@dataclasses.dataclass(frozen=True)
class AdmitWitness:
    """Give the witness a certificate for its key."""

    request: voting.Request
    ca: str
    ca_key: str = dataclasses.field(repr=False)


@dataclasses.dataclass(frozen=True)
class TellWitness:
    """Write to the application's bag that the witness reads."""

    content: Mapping[str, str]


@dataclasses.dataclass(frozen=True)
class HandOver:
    """Let another unit become the primary, and wait until one is."""

    door: https.Door
    others: tuple[https.Door, ...]
    port: int
    bin_dir: Path


@dataclasses.dataclass(frozen=True)
class StandAside:
    """Tell the cluster not to count on this standby, and wait until it doesn't."""

    door: https.Door
    others: tuple[https.Door, ...]
    member: str
    path: Path
    """Patroni's settings."""

    content: str = dataclasses.field(repr=False)


@dataclasses.dataclass(frozen=True)
class LeaveEtcd:
    """Make changes of etcd's members until this unit is none of them."""

    doors: tuple[https.Door, ...]
    patronis: Mapping[str, https.Door]
    """The other members', by name: who answers is there, and may know the primary."""

    owner: str
    units: tuple[membership.Unit, ...]


@dataclasses.dataclass(frozen=True)
class ReloadPatroni:
    """Make Patroni read its settings."""

    door: https.Door


@dataclasses.dataclass(frozen=True)
class ChangeShared:
    """Change the settings that all units share."""

    door: https.Door
    changes: Mapping[str, Any]


@dataclasses.dataclass(frozen=True)
class RestartPostgres:
    """Restart PostgreSQL, for a setting that needs it."""

    door: https.Door


@dataclasses.dataclass(frozen=True)
class SwitchOver:
    """Let the primary's role move to any standby that may have it."""

    door: https.Door
    """To the primary's Patroni."""

    leader: str
    """Its name there."""


@dataclasses.dataclass(frozen=True)
class ReloadAccess:
    """Make PostgreSQL read pg_hba.conf."""

    port: int


@dataclasses.dataclass(frozen=True)
class SetPasswords:
    """Give users of ours the passwords of the secret."""

    port: int
    passwords: Mapping[str, str] = dataclasses.field(repr=False)


@dataclasses.dataclass(frozen=True)
class ServeClients:
    """Make roles and databases of clients."""

    port: int
    statements: tuple[grants.Statement, ...]


@dataclasses.dataclass(frozen=True)
class EndSessions:
    """End sessions of users who are not admitted any more."""

    port: int
    users: tuple[str, ...]
    networks: tuple[str, ...]
    """Only those from there; all of them where it is empty."""


@dataclasses.dataclass(frozen=True)
class TellClient:
    """Make our bags in a client's relation what they shall be, as a whole."""

    relation: int
    endpoint: str
    own: Mapping[str, str] | None = dataclasses.field(repr=False)
    """The unit's bag; None where it is right."""

    shared: Mapping[str, str] | None = dataclasses.field(repr=False, default=None)
    """The application's bag; None where it is right, or this unit doesn't lead."""


@dataclasses.dataclass(frozen=True)
class TellWatcher:
    """Tell the watcher, if there is one, what need not wake it and when to ask for a hook."""

    acted_on: str
    """Summary of the local Patroni that this hook knew."""

    again: float | None
    """When to ask in any case, seconds since 1970."""


@dataclasses.dataclass(frozen=True)
class NoteSilence:
    """Remember since when no other unit answers, until a reboot."""

    since: float | None
    """Seconds since 1970; None: one does."""


@dataclasses.dataclass(frozen=True)
class Leave:
    """End all services, say goodbye on the storage, and leave nothing on the machine."""

    marker: volume.Marker | None
    """None where the storage is gone already, or was never ours."""

    binaries: Path | None
    """Folder of PostgreSQL's programs."""


Step = (
    MakeSecrets
    | NameFounder
    | ShareSecret
    | Publish
    | Install
    | Claim
    | MakeFolders
    | AllocatePorts
    | IssueCertificate
    | Accept
    | Prove
    | WriteFile
    | KeepServices
    | BeginEtcd
    | RestoreEtcd
    | ForgetLeader
    | ChangeMembers
    | MoveMember
    | AdmitWitness
    | TellWitness
    | HandOver
    | StandAside
    | LeaveEtcd
    | ReloadPatroni
    | ChangeShared
    | RestartPostgres
    | SwitchOver
    | ReloadAccess
    | SetPasswords
    | ServeClients
    | EndSessions
    | TellClient
    | TellWatcher
    | NoteSilence
    | Leave
)
