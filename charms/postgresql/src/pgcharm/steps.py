"""The steps that a plan is made of, as values, and how each is done.

Each may be interrupted anywhere and done again.
"""

from __future__ import annotations

import dataclasses
import os
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from . import (
    certificates,
    config,
    database,
    errors,
    files,
    https,
    layout,
    packages,
    patroni,
    peers,
    ports,
    services,
    volume,
)
from .clients import grants


@dataclasses.dataclass(frozen=True)
class MakeSecrets:
    """Make the application's secret and its certificate authority."""

    application: str


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
class WriteFile:
    """Write a file that daemons read."""

    path: Path
    content: str = dataclasses.field(repr=False)


@dataclasses.dataclass(frozen=True)
class KeepServices:
    """Keep exactly these services running."""

    services: tuple[services.Service, ...]


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
    """End the sessions of users that come from networks which are not admitted any more."""

    port: int
    users: tuple[str, ...]
    networks: tuple[str, ...]


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
class Leave:
    """End all services, say goodbye on the storage, and leave nothing on the machine."""

    marker: volume.Marker | None
    """None where the storage is gone already, or was never ours."""

    binaries: Path | None
    """Folder of PostgreSQL's programs."""


Step = (
    MakeSecrets
    | ShareSecret
    | Publish
    | Install
    | Claim
    | MakeFolders
    | AllocatePorts
    | IssueCertificate
    | Accept
    | WriteFile
    | KeepServices
    | ReloadPatroni
    | ChangeShared
    | RestartPostgres
    | ReloadAccess
    | SetPasswords
    | ServeClients
    | EndSessions
    | TellClient
    | TellWatcher
    | Leave
)


def execute(
    step: Step, places: layout.Layout, bags: peers.Bags, tell: Callable[[str], None]
) -> None:
    """Do *step*.

    Args:
        step: What to do.
        places: The unit's.
        bags: Where the unit writes to its peers.
        tell: Shows the operator what takes long.
    """
    match step:
        case MakeSecrets():
            from . import pki

            authority = pki.make_ca(step.application)
            bags.make_secrets((authority.cert_pem, authority.key_pem))
        case ShareSecret():
            bags.share({'secret-id': bags.secret_id()})
        case Publish():
            bags.publish(step.content)
        case Install():
            tell(f'installing {" ".join(step.packages)}')
            packages.install(step.packages, tell)
        case Claim():
            _claim(step, places)
        case MakeFolders():
            make_folders(places)
        case AllocatePorts():
            ports.allocate(layout.machine_root(), places.key, step.address, step.first)
        case IssueCertificate():
            certificates.issue(places, step.ca, step.ca_key, step.names)
        case Accept():
            files.write(places.accepted, config.to_json(step.options))
        case WriteFile():
            files.write(step.path, step.content, owner=layout.service_user())
        case KeepServices():
            services.find(places).keep(step.services)
        case ReloadPatroni():
            patroni.reload(step.door)
        case ChangeShared():
            patroni.change_shared_settings(step.door, step.changes)
        case RestartPostgres():
            tell('restarting PostgreSQL for a setting that needs it')
            patroni.restart(step.door)
        case ReloadAccess():
            from . import postgres

            with postgres.connect(
                str(places.socket_folder), step.port, patroni.SUPERUSER, None
            ) as connection:
                postgres.reload_and_wait(connection)
        case SetPasswords():
            database.set_passwords(places, step.port, step.passwords)
        case ServeClients():
            database.serve_clients(places, step.port, step.statements)
        case EndSessions():
            database.end_sessions(places, step.port, step.users, step.networks)
        case TellClient():
            bags.clients.tell(step.endpoint, step.relation, step.own, step.shared)
        case TellWatcher():
            if places.run.is_dir():
                files.write(places.again, '' if step.again is None else str(step.again))
                files.write(places.acted_on, step.acted_on)
        case Leave():
            _leave(step, places)


def make_folders(places: layout.Layout) -> None:
    """Make the unit's folders, each with its owner."""
    owner = layout.service_user()
    for folder in (places.postgresql, places.etcd, places.conf, places.log):
        files.ensure_folder(folder, owner=owner)
    files.ensure_folder(layout.run_root(), mode=0o711 if owner else 0o700)
    if layout.run_root().stat().st_uid != os.geteuid():
        raise errors.OperatorError(f'{layout.run_root()} belongs to somebody else; remove it')
    files.ensure_folder(places.run, mode=0o711 if owner else 0o700)
    files.ensure_folder(places.socket_folder, owner=owner)


def _claim(step: Claim, places: layout.Layout) -> None:
    if step.forget_etcd:
        files.remove(places.etcd)
    places.home.chmod(places.home.stat().st_mode | 0o111)
    volume.write_marker(places.marker, step.marker)
    make_folders(places)


def _leave(step: Leave, places: layout.Layout) -> None:
    services.find(places).remove()
    if step.marker is not None:
        marker = dataclasses.replace(step.marker, **_last_words(step.binaries, places.data))
        volume.write_marker(places.marker, marker)
    files.remove(places.run)
    ports.release(layout.machine_root(), places.key)


def _last_words(bin_dir: Path | None, data: Path) -> dict[str, Any]:
    """Return where a stopped server's history ends.

    Source: PostgreSQL manual, "pg_controldata".
    """
    if bin_dir is None or not (data / 'global' / 'pg_control').exists():
        return {}
    ended = subprocess.run(
        [str(bin_dir / 'pg_controldata'), '-D', str(data)],
        env={'LC_ALL': 'C'},
        capture_output=True,
        text=True,
        check=False,
    )
    values = {
        name.strip(): value.strip()
        for name, _, value in (line.partition(':') for line in ended.stdout.splitlines())
    }
    return {
        'lsn': values.get('Latest checkpoint location', ''),
        'timeline': int(values.get("Latest checkpoint's TimeLineID", '0')),
    }
