"""Where a unit keeps its things: folders, names and sockets, all derived from its name.

A unit is one folder, its ``pgdata`` storage, plus a run folder that a reboot empties. Several
units share a machine, perhaps of several models, so whatever is named machine-wide carries
:attr:`Layout.key`.
"""

from __future__ import annotations

import dataclasses
import hashlib
import os
import pwd
from pathlib import Path

_KEY_LENGTH = 40
"""Longest key: sockets' paths end at 107 bytes, and units of systemd have long names too."""

POSTGRES_USER = 'postgres'
"""The user whom the distribution's package makes; PostgreSQL refuses to run as root."""

START_FAILED = 'start-failed'
"""A file in the folder of PostgreSQL's socket, where Patroni may write: see ``failure``."""


def is_root() -> bool:
    """Tell whether we may do everything."""
    return os.geteuid() == 0


def service_user() -> str | None:
    """Return the name of the user for daemons, or None where they run as ourselves."""
    return POSTGRES_USER if is_root() else None


def key(unit: str, model_uuid: str) -> str:
    """Return a name for *unit* that no other unit of this machine has.

    Juju's names of units are unique in a model, and a machine may be shared by several models
    (by hand, or through several controllers): six digits of the model's UUID tell them apart.

    Args:
        unit: For example ``pg-a/0``.
        model_uuid: The model's.

    Returns:
        For example ``pg-a-0-1f2e3d``: letters, digits and hyphens, at most 40.
    """
    plain = f'{unit.replace("/", "-")}-{model_uuid[:6]}'
    if len(plain) <= _KEY_LENGTH:
        return plain
    digest = hashlib.sha256(f'{unit} {model_uuid}'.encode()).hexdigest()[:12]
    return f'{plain[: _KEY_LENGTH - 13]}-{digest}'


def member_of(unit: str) -> str:
    """Return the name in Patroni and etcd of *unit*: ``pg-a-0`` of ``pg-a/0``."""
    return unit.replace('/', '-')


def unit_of(member: str) -> str:
    """Return the unit whose name in Patroni and etcd is *member*."""
    application, _, number = member.rpartition('-')
    return f'{application}/{number}'


@dataclasses.dataclass(frozen=True)
class Layout:
    """The places of one unit."""

    unit: str
    """Its name, ``pg-a/0``."""

    model_uuid: str

    storage: Path | None
    """Where its ``pgdata`` storage is mounted; None before it is attached and after it left."""

    user: str = POSTGRES_USER
    """Who runs its daemons where we may choose."""

    @property
    def service_user(self) -> str | None:
        """The name of the user for its daemons, or None where they run as ourselves."""
        return self.user if is_root() else None

    @property
    def key(self) -> str:
        """The unit's name on this machine."""
        return key(self.unit, self.model_uuid)

    @property
    def member(self) -> str:
        """The unit's name in Patroni and etcd: ``pg-a-0``."""
        return member_of(self.unit)

    @property
    def scope(self) -> str:
        """The cluster's name in Patroni: that of the application."""
        return self.unit.partition('/')[0]

    @property
    def home(self) -> Path:
        """The storage, when there has to be one."""
        if self.storage is None:
            raise LookupError(f'unit {self.unit} has no storage "pgdata"')
        return self.storage

    @property
    def marker(self) -> Path:
        """Says whose the storage is and what lies on it: see :mod:`pgcharm.volume`."""
        return self.home / 'volume.json'

    @property
    def postgresql(self) -> Path:
        """Folder around the data directory: Patroni renames and replaces what is in it."""
        return self.home / 'postgresql'

    @property
    def data(self) -> Path:
        """PostgreSQL's data directory."""
        return self.postgresql / 'data'

    @property
    def etcd(self) -> Path:
        """The data directory of etcd."""
        return self.home / 'etcd'

    @property
    def etcd_start(self) -> Path:
        """Says how the unit's etcd began: see :class:`pgcharm.etcd.Start`."""
        return self.conf / 'etcd.json'

    @property
    def conf(self) -> Path:
        """Settings and certificates of the daemons: readable for them, written by hooks."""
        return self.home / 'conf'

    @property
    def log(self) -> Path:
        """Logs of the daemons."""
        return self.home / 'log'

    @property
    def accepted(self) -> Path:
        """The last options that were good."""
        return self.home / 'accepted.json'

    @property
    def proven(self) -> Path:
        """The last options with which the server ran: see :mod:`pgcharm.undo`."""
        return self.home / 'proven.json'

    @property
    def start_failed(self) -> Path:
        """There while the last start of PostgreSQL is one that failed: its settings' digest."""
        return self.socket_folder / START_FAILED

    @property
    def contact(self) -> Path:
        """There where the write-ahead log went on after etcd: see :mod:`pgcharm.contact`."""
        return self.home / 'contact'

    @property
    def fence(self) -> Path:
        """There while an operator keeps PostgreSQL stopped on this unit."""
        return self.home / 'fenced'

    @property
    def ca(self) -> Path:
        """Certificate of the application's authority."""
        return self.conf / 'ca.pem'

    @property
    def certificate(self) -> Path:
        """The unit's certificate."""
        return self.conf / 'unit.pem'

    @property
    def private_key(self) -> Path:
        """Key of the unit's certificate."""
        return self.conf / 'unit-key.pem'

    @property
    def issued(self) -> Path:
        """What the certificate is for: names and end, so that a hook need not parse it."""
        return self.conf / 'unit.json'

    @property
    def patroni_settings(self) -> Path:
        """Patroni's configuration, JSON being YAML."""
        return self.conf / 'patroni.yml'

    @property
    def hba(self) -> Path:
        """PostgreSQL's client authentication, written by us and not by Patroni."""
        return self.conf / 'pg_hba.conf'

    @property
    def ident(self) -> Path:
        """PostgreSQL's map of users of the machine."""
        return self.conf / 'pg_ident.conf'

    @property
    def run(self) -> Path:
        """Folder of what a reboot may take: sockets, locks, process ids."""
        return run_root() / self.key

    @property
    def asks_first(self) -> Path:
        """Not empty where the unit must read its peers' bags before it starts after a boot."""
        return self.conf / 'asks-first'

    @property
    def asked(self) -> Path:
        """Whether a hook has done that since the machine booted."""
        return self.run / 'asked'

    @property
    def socket_folder(self) -> Path:
        """Folder of PostgreSQL's socket, which only the service user may enter."""
        return self.run / 'pg'

    @property
    def poke(self) -> Path:
        """The pipe into which one writes a line to make the watcher look."""
        return self.run / 'pg' / 'poke'

    @property
    def busy(self) -> Path:
        """Locked while a hook runs."""
        return self.run / 'busy'

    @property
    def acted_on(self) -> Path:
        """What the last hook knew of the local Patroni: the watcher asks when that changed."""
        return self.run / 'acted-on'

    @property
    def again(self) -> Path:
        """When the last reconcile asked to be called again: seconds since 1970."""
        return self.run / 'again'

    @property
    def silent_since(self) -> Path:
        """Since when no other unit answers: seconds since 1970; no peer needs to hear of it."""
        return self.run / 'silent-since'


def run_root() -> Path:
    """Return the folder of all units' run folders: short, since sockets lie below it."""
    if is_root():
        return Path('/run/pgcharm')
    own = Path(f'/run/user/{os.geteuid()}')
    if os.access(own, os.W_OK):
        return own / 'pgcharm'
    # Made with mode 0700 and only used when it is ours: see pgcharm.files.make_run_folders.
    return Path(f'/tmp/pgcharm-{os.geteuid()}')  # noqa: S108


def machine_root() -> Path:
    """Return the folder of what the units of this machine share and a reboot must not take."""
    if is_root():
        return Path('/var/lib/pgcharm')
    home = Path(pwd.getpwuid(os.geteuid()).pw_dir)
    if os.access(home, os.W_OK):
        return home / '.local' / 'state' / 'pgcharm'
    # Only used when it is ours: see pgcharm.ports.
    return Path(f'/var/tmp/pgcharm-{os.geteuid()}')  # noqa: S108  # survives a reboot
