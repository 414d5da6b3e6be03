"""The actions about clients: what an operator asks of the relations ``db`` and ``db-admin``."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable, Iterator, Mapping

from . import actions, database, errors, peers
from .clients import catalogue, grants, names, passwords, wire

_TITLES = (
    *('relation', 'application', 'asks', 'database', 'user', 'roles'),
    *('from', 'connections', 'last login', 'ready'),
)


def list_clients(question: actions.Question) -> Mapping[str, str]:
    """Return the related applications as a table, and what keeps each from being ready."""
    import psycopg

    try:
        found, sessions = database.look_at_clients(
            question.wanted.places, question.ports.postgresql
        )
    except psycopg.OperationalError as error:
        raise errors.Error(f'PostgreSQL takes no connections: {error}') from None
    clients = grants.checked(question.wanted.clients, found)
    seed = question.secrets.client_seed
    rows: list[tuple[str, ...]] = [_TITLES]
    results: dict[str, str] = {}
    for client in clients:
        published = question.bags.clients.published(client)
        reasons = tuple(missing(client, found, passwords.derive(seed, client.user), published))
        logins = {**question.bags.clients.logins, **found.logins}
        rows.append(_row(client, sessions, logins, is_ready=not reasons))
        results[f'{client.endpoint}-{client.relation}'] = '; '.join(reasons) or 'ready'
    return {'clients': actions.table(rows), **results}


def missing(
    client: wire.Client, found: grants.Catalogue, password: str, published: Mapping[str, str]
) -> Iterator[str]:
    """Return what keeps *client*, checked, from being ready on this unit.

    Args:
        client: The related application.
        found: What this unit's server has.
        password: Of the client's user.
        published: This unit's bag.
    """
    yield from client.faults
    yield from client.refusals
    if not client.units:
        yield 'no unit of it has joined'
    yield from (
        f'unit {unit} has no usable address' for unit, own in client.units.items() if not own
    )
    yield from client.ignored
    user = found.users.get(client.user)
    if client.is_usable and (user is None or not user.can_login):
        yield f'user "{client.user}" is not there yet'
    for key in ('database', 'roles', 'extensions'):
        asked, said = str(getattr(client, key)), published.get(key, '')
        if asked and said != asked:
            yield f'{key}: asked for {asked[:200]!a}, published is {said[:200]!a}'
    if client.is_usable and published.get('password') not in (None, password):
        yield 'the new password is not published yet'


def rotate_password(question: actions.Question) -> Mapping[str, str]:
    """Give clients new users and passwords; the old ones are good until nobody uses them."""
    if not question.wanted.is_leader:
        application = question.wanted.places.scope
        raise errors.Error(
            f'only the leader can change a password; run it on {application}/leader'
        )
    if not question.wanted.peers.is_related:
        raise errors.Error('there is no cluster yet; wait until the unit is active')
    clients = question.wanted.clients
    if 'relation' in question.params:
        clients = (question.client(str(question.params['relation'])),)
    firsts = dict.fromkeys(
        names.user(client.application, admin=client.is_admin) for client in clients
    )
    text = passwords.rotate(question.wanted.peers.rotations, tuple(firsts), time.time())
    question.bags.share({peers.ROTATIONS: text})
    question.wake()
    new = passwords.read_rotations(text)
    return {
        f'{client.endpoint}-{client.relation}': names.user(
            client.application, admin=client.is_admin, generation=new[first][0]
        )
        for client in clients
        for first in (names.user(client.application, admin=client.is_admin),)
    }


def _row(
    client: wire.Client,
    sessions: Mapping[str, catalogue.Sessions],
    logins: Mapping[str, float],
    *,
    is_ready: bool,
) -> tuple[str, ...]:
    users = [user for user in (client.user, client.former_user) if user]
    last = max((logins[user] for user in users if user in logins), default=None)
    return (
        *(client.name, client.application, client.protocol, client.database_name[:40]),
        *(client.user, client.roles[:40] or '-', ','.join(sorted(client.networks)) or '-'),
        str(sum(sessions[user].count for user in users if user in sessions)),
        f'{dt.datetime.fromtimestamp(last, dt.timezone.utc):%Y-%m-%dT%H:%M:%SZ}' if last else '-',
        'yes' if is_ready else 'no',
    )


ACTIONS: Mapping[str, Callable[[actions.Question], Mapping[str, str]]] = {
    'list-clients': list_clients,
    'rotate-password': rotate_password,
}
