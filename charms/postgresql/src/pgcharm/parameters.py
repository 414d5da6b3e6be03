"""Lines of postgresql.conf: read, and checked before a server sees them.

Patroni leaves out what it doesn't know, in silence: an operator would never learn of a slip.
Source: PostgreSQL manual, "Setting Parameters"; ``src/backend/utils/misc/guc-file.l``.
"""

from __future__ import annotations

import functools
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path

_PARAMETER = re.compile(
    r"([A-Za-z_][A-Za-z0-9_.$]*)(?:\s*=\s*|\s+)('(?:[^'\\]|''|\\['\\])*'|[^\s'\"#=]+)\s*(?:#.*)?"
)
_OWNED: Mapping[str, str] = {
    'listen_addresses': 'the charm decides where PostgreSQL listens',
    'port': 'use the option listen-port',
    'max_connections': 'use the option max-connections',
    'shared_buffers': 'use the option shared-buffers',
    'data_directory': 'the charm decides where the data lie',
    'hba_file': 'use the option extra-pg-auth',
    'ident_file': 'the charm has its own',
    'config_file': 'Patroni writes it',
    'external_pid_file': 'the charm watches the server',
    'event_triggers': 'tables of clients that share a database would be their own',
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
    'logging_collector': 'the charm decides where the logs lie',
    'log_directory': 'the charm decides where the logs lie',
    'log_filename': 'the charm decides where the logs lie',
}
_OWNED_PREFIXES: Mapping[str, str] = {
    'ssl': 'the charm has the certificates',
    'unix_socket': 'the charm decides where the sockets lie',
    'archive_': 'backups set it',
    'restore_command': 'backups set it',
    'recovery_target': 'a restore sets it',
    'recovery_end_command': 'a restore sets it',
}
_BOOLEANS = ('on', 'off', 'true', 'false', 'yes', 'no', '1', '0')
_NUMBER = re.compile(
    r'[+-]?(\d+(\.\d*)?|\.\d+|0x[0-9a-f]+)\s*(B|kB|MB|GB|TB|us|ms|s|min|h|d)?', re.IGNORECASE
)


def parse(text: str) -> dict[str, str]:
    """Return what lines of postgresql.conf set, by the parameter's name in small letters.

    Raises:
        ValueError: If lines are wrong, or set what is not the operator's; it names all of them.
    """
    found: dict[str, str] = {}
    wrong: list[str] = []
    for number, line in enumerate(text.splitlines(), start=1):
        stripped = line.strip()
        if not stripped or stripped.startswith('#'):
            continue
        match = _PARAMETER.fullmatch(stripped)
        name = match[1].lower() if match else ''
        reason = _owned(name) if match and stripped.isprintable() else 'not "name = value"'
        if match is None or reason:
            wrong.append(f'line {number}: {name}{": " if name else ""}{reason}')
        else:
            found[name] = _unquoted(match[2])
    if wrong:
        raise ValueError('; '.join(wrong))
    return found


def _owned(name: str) -> str:
    """Return why a parameter is not the operator's to set; empty when it is."""
    by_prefix = (why for prefix, why in _OWNED_PREFIXES.items() if name.startswith(prefix))
    return _OWNED.get(name) or next(by_prefix, '')


def _unquoted(value: str) -> str:
    if not value.startswith("'"):
        return value
    return re.sub(r"''|\\(.)", lambda found: found[1] or "'", value[1:-1])


@functools.lru_cache
def known(postgres: Path) -> Mapping[str, str]:
    """Return the type of each parameter: BOOLEAN, INTEGER, REAL, ENUM or STRING.

    Args:
        postgres: The program; it needs no data directory for this, and takes 10 ms.

    Source: PostgreSQL: ``src/backend/utils/misc/help_config.c``.
    """
    listed = subprocess.run(
        [str(postgres), '--describe-config'],
        env={'LC_ALL': 'C'},
        capture_output=True,
        text=True,
        check=True,
    )
    rows = (line.split('\t') for line in listed.stdout.splitlines())
    return {row[0].lower(): row[3] for row in rows if len(row) > 3}


def fault(name: str, value: str, types: Mapping[str, str]) -> str:
    """Return what is wrong with a setting; empty when nothing can be seen.

    Args:
        name: Of the parameter; one of an extension has a dot, and is taken as it is.
        value: Without quotes.
        types: What :func:`known` returned.
    """
    if '.' in name:
        return ''
    kind = types.get(name.lower())
    if kind is None:
        return f'PostgreSQL offers no parameter {name}'
    if kind == 'BOOLEAN' and value.lower() not in _BOOLEANS:
        return f'{name}: "{value[:20]}" is neither on nor off'
    if kind in ('INTEGER', 'REAL') and not _NUMBER.fullmatch(value.strip()):
        return f'{name}: "{value[:20]}" is not a number, with a unit or without'
    return ''
