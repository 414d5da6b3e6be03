"""Which database a request uses, while PostgreSQL's units come, go and change their roles.

``default`` is every unit that may be used, of which libpq takes the one that accepts writes;
``standby`` is every unit that may be read from. So a failover needs no hook: the next connection
finds the new master. A hook that replaces the facts reaches a running worker at its next request.

Source: PostgreSQL manual, "Database Connection Control Functions", target_session_attrs.
"""

# Django's types are known to mypy's plugin only.
# pyright: reportUnknownVariableType=false, reportUnknownMemberType=false, reportUnknownArgumentType=false

from __future__ import annotations

import threading
import time
from typing import Any

from django import db
from django.core import exceptions

from . import facts

PAUSE = 0.5
"""Seconds for which reads don't try the master again after it could not be reached."""

FAILURES = (db.OperationalError, db.InterfaceError)
"""What Django raises when there is no database, or no longer."""

_thread = threading.local()
_retry_at = 0.0


def refresh() -> None:
    """Use the databases that the facts name now; connections to others are closed."""
    wanted = facts.current()
    known = getattr(_thread, 'facts', None)
    _thread.facts = wanted
    if known is None or known is wanted or known.databases == wanted.databases:
        return
    aliases = {'default': {}, **{name: dict(one) for name, one in wanted.databases.items()}}
    for connection in db.connections.all(initialized_only=True):
        connection.close()
        del db.connections[connection.alias]
    configured = db.connections.configure_settings(aliases)
    db.connections.settings.clear()
    db.connections.settings.update(configured)


def has_master() -> bool:
    """Tell whether a session that may write is there now, opening one if need be."""
    global _retry_at
    connection: Any = db.connections['default']
    if not connection.settings_dict.get('NAME') or time.monotonic() < _retry_at:
        return False
    try:
        # What Django does between requests, asked for now: a dead session is noticed here.
        connection.health_check_done = False
        connection.close_if_health_check_failed()
        connection.ensure_connection()
    except FAILURES:
        _retry_at = time.monotonic() + PAUSE
        return False
    return True


def has_standby() -> bool:
    """Tell whether reads may go to a standby and one answers."""
    if 'standby' not in db.connections.settings:
        return False
    try:
        db.connections['standby'].ensure_connection()
    except FAILURES:
        return False
    return True


def begin_request() -> None:
    """Forget where the last request read from."""
    refresh()
    _thread.reading = None


def place() -> tuple[str, str]:
    """Return the unit that this request's reads go to and its ``host:port``; empty if none."""
    alias = Router().db_for_read()
    try:
        connection = db.connections[alias]
        connection.ensure_connection()
        parameters: Any = connection.connection.info
    except (*FAILURES, exceptions.ImproperlyConfigured):
        return '', ''
    where = f'{parameters.host}:{parameters.port}'
    return facts.current().places.get(where, where), where


class Router:
    """Send reads to a standby for as long as there is no master, and writes nowhere else."""

    def db_for_read(self, _model: Any = None, **_hints: Any) -> str:
        """Return the alias to read from: decided once for each request."""
        if getattr(_thread, 'reading', None) is None:
            can_choose = 'standby' in db.connections.settings
            _thread.reading = 'standby' if can_choose and not has_master() else 'default'
        return _thread.reading

    def db_for_write(self, _model: Any = None, **_hints: Any) -> str:
        """Return the master's alias."""
        _thread.reading = 'default'  # A request that wrote sees what it wrote.
        return 'default'

    def allow_relation(self, *_objects: Any, **_hints: Any) -> bool:
        """Allow relations: both aliases are the same data."""
        return True

    def allow_migrate(self, alias: str, _label: str, **_hints: Any) -> bool:
        """Migrate the master only."""
        return alias == 'default'
