"""What one unit does for its clients: a pure function of what they want and what there is.

Who makes what: the primary makes roles and databases, the Juju leader writes our application's
bags, and every unit writes its own, once its own pg_hba.conf is loaded and its own catalogue has
all that the client asked for; so a standby waits for its replay.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping

from . import steps
from .clients import answers, grants, passwords, wire


@dataclasses.dataclass(frozen=True)
class Here:
    """This unit and its place among the others.

    Attributes:
        port: PostgreSQL's, for our own connections.
        server: What clients are told of this unit and of the others; None while it joins.
        takes_writes: Whether it is the primary now.
        is_leader: Whether it may write our application's bags.
        is_open: Whether its server has loaded pg_hba.conf as it shall be.
        seed: From this clients' passwords derive.
        terms: What holds for all clients.
    """

    port: int
    server: answers.Server | None
    takes_writes: bool
    is_leader: bool
    is_open: bool
    seed: str = dataclasses.field(repr=False)
    terms: grants.Terms = dataclasses.field(default_factory=grants.Terms)


def plan(
    clients: Iterable[wire.Client], catalogue: grants.Catalogue, here: Here
) -> Iterator[steps.Step]:
    """Return the next steps; each client is told once all of it is true.

    Args:
        clients: The related applications, as they ask now.
        catalogue: What this unit's server has.
        here: This unit.
    """
    if here.server is None:
        yield from joining(clients)
        return
    clients = grants.checked(clients, catalogue)
    known = {client.user: passwords.derive(here.seed, client.user) for client in clients}
    if here.takes_writes:
        todo = grants.plan(clients, catalogue, known, here.terms)
        if todo:
            yield steps.ServeClients(here.port, todo)
    if not here.is_open:
        return
    yield from _shut(clients, catalogue, here)
    for client in clients:
        if not client.is_usable:
            bag = answers.refuse(client, here.server)
            yield from _tell(client, bag, bag if here.is_leader else None)
        elif grants.is_served(client, catalogue, known[client.user], here.terms):
            bag = answers.render(client, here.server, known[client.user])
            shared = answers.render_shared(bag, here.server) if here.is_leader else None
            yield from _tell(client, bag, shared)


def joining(clients: Iterable[wire.Client]) -> Iterator[steps.Step]:
    """Return what a unit tells that is not set up yet: its state, and nothing else of ours."""
    for client in clients:
        yield from _tell(client, answers.JOINING, None)


def restate(
    clients: Iterable[wire.Client], server: answers.Server, seed: str
) -> Iterator[steps.Step]:
    """Return what a unit tells whose server does not answer: all as before but the state."""
    for client in clients:
        if client.told in ('', answers.digest(answers.JOINING)) or not client.is_usable:
            continue
        bag = answers.render(client, server, passwords.derive(seed, client.user))
        yield from _tell(client, bag, None)


def concerns(clients: Iterable[wire.Client], catalogue: grants.Catalogue) -> tuple[str, ...]:
    """Return what keeps clients from being ready, a line each, for the status and the log."""
    return tuple(
        f'{client.name} ({client.application}): {reason}'
        for client in grants.checked(clients, catalogue)
        for reason in (*client.faults, *client.refusals)
    )


def forbidden(clients: Iterable[wire.Client]) -> tuple[str, ...]:
    """Return the clients that the operator both related and forbids, for the status."""
    return tuple(
        f'option "allow-db-admin" is false, and {client.application} is related; remove one'
        for client in clients
        if client.is_forbidden
    )


def waiting(
    clients: Iterable[wire.Client], catalogue: grants.Catalogue, here: Here
) -> tuple[str, ...]:
    """Return the relations whose clients wait for something that comes without an event.

    A standby's replay has not come to their roles yet, a statement failed, or a former user is
    still in use.
    """
    clients = grants.checked(clients, catalogue)
    retiring = grants.retiring(clients, catalogue) if here.takes_writes else frozenset[str]()
    return tuple(
        client.name
        for client in clients
        if client.former_user in retiring
        or (
            client.is_usable
            and not grants.is_served(
                client, catalogue, passwords.derive(here.seed, client.user), here.terms
            )
        )
    )


def _shut(
    clients: Iterable[wire.Client], catalogue: grants.Catalogue, here: Here
) -> Iterator[steps.Step]:
    """End the sessions of whoever is not admitted any more; pg_hba.conf lets nobody back in."""
    admitted = {
        user
        for client in clients
        if not client.is_forbidden
        for user in (client.user, client.former_user)
    }
    strangers = tuple(
        user
        for user in sorted(catalogue.busy & catalogue.users.keys())
        # One who is locked out may have come in at the last moment, or to a standby.
        if user not in admitted or not catalogue.users[user].can_login
    )
    if strangers:
        yield steps.EndSessions(here.port, strangers, ())
    stay: dict[str, set[str]] = {}
    for client in clients:
        stay.setdefault(client.user, set()).update(client.networks if client.is_usable else ())
    for client in clients:
        gone = tuple(sorted({*client.left} - stay[client.user]))
        if gone:
            users = tuple(user for user in (client.user, client.former_user) if user)
            yield steps.EndSessions(here.port, users, gone)


def _tell(
    client: wire.Client, bag: Mapping[str, str], shared: Mapping[str, str] | None
) -> Iterator[steps.Step]:
    own_is_new = client.told != answers.digest(bag)
    shared_is_new = shared is not None and client.told_shared != answers.digest(shared)
    if own_is_new or shared_is_new:
        yield steps.TellClient(
            client.relation,
            client.endpoint,
            bag if own_is_new else None,
            shared if shared_is_new else None,
        )
