"""The actions: what an operator asks of one unit. Each is a function of the same name."""

from __future__ import annotations

import dataclasses
import shlex
import time
import urllib.parse
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from . import (
    cluster,
    database,
    desired,
    errors,
    files,
    https,
    layout,
    observed,
    overview,
    peers,
    ports,
    reserve,
)
from .clients import passwords, wire


@dataclasses.dataclass(frozen=True)
class Question:
    """An action with what it may need."""

    wanted: desired.Desired
    bags: peers.Bags
    params: Mapping[str, Any]
    tell: Callable[[str], None]
    """Writes to the action's log, which the operator sees at once."""

    @property
    def secrets(self) -> peers.Secrets:
        """The application's secret."""
        if self.wanted.peers.secrets is None:
            raise errors.Error('there is no cluster yet; wait until the unit is active')
        return self.wanted.peers.secrets

    @property
    def ports(self) -> ports.Ports:
        """This unit's ports."""
        found = ports.remembered(layout.machine_root(), self.wanted.places.key)
        if found is None:
            raise errors.Error('PostgreSQL is not installed yet; wait until the unit is active')
        return found

    @property
    def address(self) -> str:
        """Where this unit is."""
        if self.wanted.addresses is None:
            raise errors.Error('the unit has no address yet; wait until it is active')
        return self.wanted.addresses.own

    def client(self, relation: str) -> wire.Client:
        """Return the client whose relation is called ``db:3`` or ``3``."""
        for client in self.wanted.clients:
            if relation in (client.name, str(client.relation)):
                return client
        there = ' '.join(client.name for client in self.wanted.clients) or 'none'
        raise errors.Error(f'there is no relation "{relation}"; there are: {there}')

    @property
    def door(self) -> https.Door:
        """The way to this unit's Patroni."""
        if self.wanted.addresses is None or not self.wanted.places.issued.exists():
            raise errors.Error('Patroni is not started yet; wait until the unit is active')
        return observed.patroni_door(self.wanted, self.ports)

    def wake(self) -> None:
        """Let the watcher ask for a hook at once."""
        if self.wanted.places.run.is_dir():
            files.write(self.wanted.places.again, str(time.time()))


def get_primary(question: Question) -> Mapping[str, str]:
    """Return the unit that takes writes, and where."""
    for member in cluster.members(question.door):
        if member.role in ('leader', 'standby_leader') and member.state == 'running':
            return {
                'primary': layout.unit_of(member.name),
                'host': member.host,
                'port': str(member.port),
            }
    return {'primary': '', 'host': '', 'port': ''}


def get_password(question: Question) -> Mapping[str, str]:
    """Return the operator's password."""
    return {'username': database.OPERATOR, 'password': question.secrets.operator_password}


def set_password(question: Question) -> Mapping[str, str]:
    """Change the operator's password in the secret; the next hook gives it to PostgreSQL."""
    if not question.wanted.is_leader:
        application = question.wanted.places.scope
        raise errors.Error(
            f'only the leader can change a password; run it on {application}/leader'
        )
    chosen = str(question.params.get('password') or peers.password())
    changed = dataclasses.replace(question.secrets, operator_password=chosen)
    question.bags.change_secrets(changed)
    question.wake()
    return {'username': database.OPERATOR, 'password': chosen}


def get_connection(question: Question) -> Mapping[str, str]:
    """Return how to connect as the operator, or as the client of a relation."""
    user, password, database_name = database.OPERATOR, question.secrets.operator_password, ''
    if 'relation' in question.params:
        client = question.client(str(question.params['relation']))
        user, database_name = client.user, client.database_name
        password = passwords.derive(question.secrets.client_seed, user)
    name = str(question.params.get('database') or database_name or 'postgres')
    host, port = question.address, question.ports.postgresql
    quoted = urllib.parse.quote
    shown = f'[{host}]' if ':' in host else host
    uri = (
        f'postgresql://{quoted(user, safe="")}:{quoted(password, safe="")}@{shown}:{port}'
        f'/{quoted(name, safe="")}?sslmode=require'
    )
    return {
        'psql': f'psql {shlex.quote(uri)}',
        'uri': uri,
        'host': host,
        'port': str(port),
        'username': user,
        'password': password,
        'database': name,
    }


def get_ca(question: Question) -> Mapping[str, str]:
    """Return the certificate of the application's authority."""
    return {'ca': question.secrets.ca_certificate}


def show_cluster(question: Question) -> Mapping[str, str]:
    """Return the members of the cluster: as a table, as JSON and one by one."""
    members = cluster.members(question.door)
    leader = next((one for one in members if one.name == cluster.Cluster(members).leader), None)
    replicas = (
        database.replicas(leader.host, leader.port, question.secrets) if leader is not None else {}
    )
    seen = observed.observe(question.wanted)
    options = seen.accepted
    units = [layout.unit_of(one.name) for one in members] if options is not None else []
    notes = {unit: reserve.note(options, unit) for unit in units if options is not None}
    found = overview.rows(members, replicas, seen.etcd, notes)
    titles, *lines = overview.cells(found)
    each = {
        f'member-{layout.member_of(line[0]).replace(".", "-")}': ' '.join(
            f'{title}={cell}' for title, cell in zip(titles[1:], line[1:], strict=True) if cell
        )
        for line in lines
    }
    return {'members': table([titles, *lines]), 'json': overview.to_json(found), **each}


def table(rows: Sequence[Sequence[str]]) -> str:
    """Return *rows*, the titles first, with columns of the same width."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return '\n'.join(
        '  '.join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )


ACTIONS: Mapping[str, Callable[[Question], Mapping[str, str]]] = {
    'get-primary': get_primary,
    'get-password': get_password,
    'set-password': set_password,
    'get-connection': get_connection,
    'get-ca': get_ca,
    'show-cluster': show_cluster,
}
