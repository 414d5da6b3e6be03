"""The operator's options as typed values, with all that is wrong in them at once."""

from __future__ import annotations

import dataclasses
import ipaddress
import json
import re
from collections.abc import Callable, Mapping
from typing import Any, Literal, cast

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_SIZE = re.compile(r'^\d+\s*(kB|MB|GB|TB)?$')
_LOCALE = re.compile(r'^[A-Za-z0-9_.@-]{1,60}$')
_PARAMETER = re.compile(
    r"^([A-Za-z_][A-Za-z0-9_.]*)\s*(?:=\s*|\s+)('(?:[^'\n]|'')*'|[^\s'#]+)\s*(?:#.*)?$"
)
_METHODS = ('scram-sha-256', 'cert', 'reject', 'ldap', 'pam', 'gss')
_TYPES = ('host', 'hostssl', 'hostnossl', 'hostgssenc', 'hostnogssenc')
_OWNED: Mapping[str, str] = {
    'listen_addresses': 'the charm decides where PostgreSQL listens',
    'port': 'use the option listen-port',
    'max_connections': 'use the option max-connections',
    'shared_buffers': 'use the option shared-buffers',
    'data_directory': 'the charm decides where the data lie',
    'hba_file': 'use the option extra-pg-auth',
    'ident_file': 'the charm has no such file',
    'wal_level': 'replication needs it as it is',
    'hot_standby': 'replication needs it as it is',
    'wal_log_hints': 'pg_rewind needs it as it is',
    'max_wal_senders': 'replication needs it as it is',
    'max_replication_slots': 'replication needs it as it is',
    'max_prepared_transactions': 'Patroni keeps it equal on all units',
    'max_locks_per_transaction': 'Patroni keeps it equal on all units',
    'max_worker_processes': 'Patroni keeps it equal on all units',
    'track_commit_timestamp': 'Patroni keeps it equal on all units',
    'cluster_name': 'Patroni sets it',
    'primary_conninfo': 'Patroni sets it',
    'primary_slot_name': 'Patroni sets it',
    'recovery_target_timeline': 'Patroni sets it',
    'synchronous_standby_names': 'Patroni sets it',
    'synchronous_commit': 'it would take back the promise that no acknowledged write is lost',
    'fsync': 'it would take back the promise that no acknowledged write is lost',
    'full_page_writes': 'it would take back the promise that no acknowledged write is lost',
    'password_encryption': 'the charm insists on scram-sha-256',
    'include': 'other files are not read',
    'include_dir': 'other files are not read',
    'include_if_exists': 'other files are not read',
}
_OWNED_PREFIXES: Mapping[str, str] = {
    'ssl': 'the charm has the certificates',
    'unix_socket': 'the charm decides where the sockets lie',
    'archive_': 'backups set it',
    'restore_command': 'backups set it',
}


@dataclasses.dataclass(frozen=True)
class Config:
    """Every option, checked.

    Attributes:
        version: PostgreSQL's major version; None: the distribution's.
        shared_buffers: As PostgreSQL writes it, ``512MB``; None: by the profile.
        extra_pg_conf: Parameters of postgresql.conf, with the values as they stand there.
        extra_pg_auth: Lines of pg_hba.conf.
        admin_addresses: Networks whose users may use any database.
    """

    version: str | None = None
    locale: str = 'C.UTF-8'
    encoding: str = 'UTF8'
    data_checksums: bool = True
    listen_port: int = 5432
    max_connections: int = 100
    shared_buffers: str | None = None
    profile: Literal['production', 'testing'] = 'production'
    extra_pg_conf: Mapping[str, str] = dataclasses.field(default_factory=dict[str, str])
    extra_pg_auth: tuple[str, ...] = ()
    admin_addresses: tuple[Network, ...] = ()


@dataclasses.dataclass(frozen=True)
class Fault:
    """An option that can't be used, and why."""

    option: str
    reason: str


@dataclasses.dataclass(frozen=True)
class Parsed:
    """What to run with, and what of the operator's wishes it leaves out."""

    config: Config
    faults: tuple[Fault, ...] = ()


def parse(raw: Mapping[str, Any], accepted: Config | None) -> Parsed:
    """Return the options as typed values.

    Args:
        raw: As Juju gives them; one that is missing has its default.
        accepted: What the unit runs with; a faulty option keeps that value, else the default.
    """
    good = accepted or Config()
    values: dict[str, Any] = {}
    faults: list[Fault] = []
    for field in dataclasses.fields(Config):
        option = field.name.replace('_', '-')
        try:
            given = raw.get(option)
            values[field.name] = (
                getattr(Config(), field.name) if given is None else _CHECKS[option](given)
            )
        except ValueError as error:
            faults.append(Fault(option, str(error)))
            values[field.name] = getattr(good, field.name)
    return Parsed(Config(**values), tuple(faults))


def to_json(config: Config) -> str:
    """Return *config* as text for a file."""
    plain = dataclasses.asdict(config)
    plain['admin_addresses'] = [str(network) for network in config.admin_addresses]
    return json.dumps(plain, indent=1)


def from_json(text: str) -> Config:
    """Return what :func:`to_json` wrote."""
    plain = cast('dict[str, Any]', json.loads(text))
    plain['extra_pg_auth'] = tuple(plain['extra_pg_auth'])
    plain['admin_addresses'] = tuple(map(ipaddress.ip_network, plain['admin_addresses']))
    return Config(**plain)


def _version(given: Any) -> str | None:
    text = str(given).strip()
    if text and not re.match(r'^\d{2}$', text):
        raise ValueError(f'"{text[:20]}" is not a major version such as 15')
    return text or None


def _locale(given: Any) -> str:
    if not _LOCALE.match(str(given)):
        raise ValueError(f'"{str(given)[:40]}" is not a locale such as C.UTF-8')
    return str(given)


def _encoding(given: Any) -> str:
    if not re.match(r'^[A-Za-z0-9_-]{2,20}$', str(given)):
        raise ValueError(f'"{str(given)[:20]}" is not an encoding such as UTF8')
    return str(given)


def _number(least: int, most: int) -> Callable[[Any], int]:
    def check(given: Any) -> int:
        if not isinstance(given, int) or not least <= given <= most:
            raise ValueError(f'{given} is not between {least} and {most}')
        return given

    return check


def _buffers(given: Any) -> str | None:
    text = str(given).strip()
    if text and not _SIZE.match(text):
        raise ValueError(f'"{text[:20]}" is not a size such as 512MB')
    return text or None


def _profile(given: Any) -> str:
    if given not in ('production', 'testing'):
        raise ValueError(f'"{str(given)[:20]}" is neither production nor testing')
    return str(given)


def _parameters(given: Any) -> dict[str, str]:
    found: dict[str, str] = {}
    for number, line in enumerate(str(given).splitlines(), start=1):
        stripped = line.strip()
        if not stripped or stripped.startswith('#'):
            continue
        match = _PARAMETER.match(stripped)
        if match is None:
            raise ValueError(f'line {number} is not "name = value"')
        name = match[1].lower()
        reason = _OWNED.get(name) or next(
            (why for prefix, why in _OWNED_PREFIXES.items() if name.startswith(prefix)), None
        )
        if reason is not None:
            raise ValueError(f'line {number}: {name}: {reason}')
        value = match[2]
        found[name] = value[1:-1].replace("''", "'") if value.startswith("'") else value
    return found


def _rules(given: Any) -> tuple[str, ...]:
    text = str(given)
    lines = [line.strip() for part in text.splitlines() for line in _split_rules(part)]
    return tuple(_rule(line) for line in lines if line and not line.startswith('#'))


def _split_rules(line: str) -> list[str]:
    """Split at the commas between rules; one within a list of names stays."""
    return re.split(rf',\s*(?=(?:local|{"|".join(_TYPES)})\s)', line)


def _rule(line: str) -> str:
    words = re.findall(r'"[^"]*"|\S+', line)
    if not words or words[0] not in _TYPES:
        raise ValueError(f'"{line[:40]}": a rule begins with one of {" ".join(_TYPES)}')
    if len(words) < 5:
        raise ValueError(f'"{line[:40]}": a rule is "type database user address method"')
    address, method = words[3], words[4]
    if method == 'trust':
        raise ValueError(f'"{line[:40]}": trust would let anybody in; use scram-sha-256')
    if method not in _METHODS:
        raise ValueError(f'"{line[:40]}": method {method} is none of {" ".join(_METHODS)}')
    if address not in ('all', 'samehost', 'samenet'):
        try:
            ipaddress.ip_network(address)
        except ValueError:
            raise ValueError(
                f'"{line[:40]}": "{address}" is not a network such as 10.0.0.0/24'
            ) from None
    return ' '.join(words)


def _networks(given: Any) -> tuple[Network, ...]:
    found: list[Network] = []
    for word in re.split(r'[,\s]+', str(given).strip()):
        if not word:
            continue
        try:
            found.append(ipaddress.ip_network(word))
        except ValueError as error:
            raise ValueError(f'"{word[:45]}" is not a network: {error}'[:100]) from None
    return tuple(found)


def _boolean(given: Any) -> bool:
    if not isinstance(given, bool):
        raise ValueError(f'{given} is neither true nor false')
    return given


_CHECKS: Mapping[str, Callable[[Any], Any]] = {
    'version': _version,
    'locale': _locale,
    'encoding': _encoding,
    'data-checksums': _boolean,
    'listen-port': _number(1024, 65535),
    'max-connections': _number(10, 10_000),
    'shared-buffers': _buffers,
    'profile': _profile,
    'extra-pg-conf': _parameters,
    'extra-pg-auth': _rules,
    'admin-addresses': _networks,
}
