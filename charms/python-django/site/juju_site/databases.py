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
from typing import Any

from django import db
from django.core import exceptions

from . import facts, search

FAILURES = (db.OperationalError, db.InterfaceError)
"""What Django raises when there is no database, or no longer."""

_thread = threading.local()
_search: search.Search | None = None


def refresh() -> None:
    """Use the databases that the facts name now; connections to others are closed."""
    from . import settings

    wanted = facts.current()
    # A worker's first request may come long after its settings were made, and the database too.
    known: facts.Facts = getattr(_thread, 'facts', settings.FACTS)
    _thread.facts = wanted
    if known is wanted or known.databases == wanted.databases:
        return
    _stop_search()
    aliases = {'default': {}, **{name: dict(one) for name, one in wanted.databases.items()}}
    for connection in db.connections.all(initialized_only=True):
        connection.close()
        del db.connections[connection.alias]
    # At once, for other threads that look at it just now.
    db.connections.settings = db.connections.configure_settings(aliases)


def has_master() -> bool:
    """Tell whether a session that may write is there now, opening one if need be."""
    connection: Any = db.connections['default']
    if not connection.settings_dict.get('NAME') or is_searching():
        return False
    try:
        # What Django does between requests, asked for now: a dead session is noticed here.
        connection.health_check_done = False
        connection.close_if_health_check_failed()
        connection.ensure_connection()
    except FAILURES:
        look_for_master()
        return False
    return True


def look_for_master() -> None:
    """Begin to look for the unit that accepts writes, after the one that did was lost."""
    global _search
    connection: Any = db.connections['default']
    connection.close()
    if connection.vendor == 'postgresql' and _search is None:
        _search = search.Search(connection)


def is_searching() -> bool:
    """Tell whether the master is looked for; until it is found no request tries by itself."""
    return _search is not None and _search.found is None


def _stop_search() -> None:
    global _search
    if _search is not None:
        _search.stop()
        _search = None


def _take_what_was_found() -> None:
    """Put the master that was found first, so that the next connection begins there."""
    found = _search.found if _search is not None else None
    if found is None:
        return
    settings = db.connections['default'].settings_dict
    places = zip(settings['HOST'].split(','), settings['PORT'].split(','), strict=False)
    ordered = sorted(places, key=lambda place: place != found)
    settings['HOST'] = ','.join(host for host, _ in ordered)
    settings['PORT'] = ','.join(port for _, port in ordered)
    _stop_search()


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
    _take_what_was_found()
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
