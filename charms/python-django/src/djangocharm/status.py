"""What the unit's status says: decided here alone, from facts."""

from __future__ import annotations

import dataclasses
from typing import Literal

from . import database, site


@dataclasses.dataclass(frozen=True)
class View:
    """All that the status depends on.

    Attributes:
        faults: Faulty options.
        broken: Why new code was refused, or migrations failed.
        code: The code that is served; None before there is any.
        has_secret: Whether the leader has made the secret key.
        has_database: Whether a database is related.
        states: The states that its units tell.
        servers: Those of its units that may be used.
        seen: What the site itself sees of the database.
        is_leader: Whether this unit migrates.
        has_server: Whether a WSGI server is related.
        is_served: Whether the site answers.
        port: Where.
    """

    faults: tuple[str, ...] = ()
    broken: str = ''
    code: site.Code | None = None
    has_secret: bool = True
    has_database: bool = True
    states: tuple[str, ...] = ()
    servers: tuple[database.Server, ...] = ()
    seen: site.Seen | None = None
    is_leader: bool = True
    has_server: bool = True
    is_served: bool = True
    port: int = 8080


@dataclasses.dataclass(frozen=True)
class Status:
    """A name of Juju's, and a message."""

    name: Literal['active', 'waiting', 'blocked']
    message: str


def decide(view: View) -> Status:
    """Return the first thing that an operator must know."""
    if view.faults:
        return Status('blocked', f'option {view.faults[0]}')
    if view.broken:
        return Status('blocked', view.broken)
    if not view.has_database:
        return Status('blocked', 'no database: integrate this with "db" of postgresql')
    if not view.has_server:
        return Status('blocked', 'no server: integrate this with gunicorn')
    if not view.has_secret:
        return Status('waiting', 'waiting for the leader to make the secret key')
    if problem := _database(view):
        return Status('waiting', problem)
    if not view.is_served:
        return Status('waiting', f'waiting for gunicorn to serve port {view.port}')
    return Status('active', f'port {view.port}, {_summary(view)}')


def _database(view: View) -> str:
    """Return what the site waits for at its database; empty when all is well."""
    if not view.servers:
        if 'failover' in view.states:
            return 'failover: no master, waiting for the new one'
        return 'waiting for the database'
    if view.seen is None or view.seen.database == 'none':
        reason = f': {view.seen.reason}' if view.seen and view.seen.reason else ''
        return f'the database does not answer{reason}'
    if view.seen.database == 'read-only':
        return f'no master: reading from {view.servers[0].unit}'
    if view.seen.unapplied and not view.is_leader:
        return 'waiting for the leader to migrate the database'
    return ''


def _summary(view: View) -> str:
    # Where writes really go: the bag of a unit that died says "master" until it is removed.
    place = view.seen.place if view.seen else ''
    at_place = [one for one in view.servers if f'{one.host}:{one.port}' == place]
    masters = [*at_place, *(one for one in view.servers if one.role == 'master')]
    master = masters[0] if masters else None
    standbys = sum(server.role == 'standby' and server != master for server in view.servers)
    text = f'master {master.unit}' if master else 'a new master'
    plural = '' if standbys == 1 else 's'
    return f'{text}, {standbys} standby{plural}' if standbys else text
