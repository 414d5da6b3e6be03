"""What one unit does for its clients: a pure function of what they want and what there is.

Who makes what: the primary makes roles and databases, the Juju leader writes our application's
bags, and every unit writes its own, once its own pg_hba.conf is loaded and its own catalogue has
all that the client asked for; so a standby waits for its replay.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping

from . import steps
from .clients import grants, passwords, wire


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
    """

    port: int
    server: wire.Server | None
    takes_writes: bool
    is_leader: bool
    is_open: bool
    seed: str = dataclasses.field(repr=False)


def plan(
    clients: Iterable[wire.Client], catalogue: grants.Catalogue, here: Here
) -> Iterator[steps.Step]:
    """Return the next steps; each client is told once all of it is true.

    Args:
        clients: The related applications, as they ask now.
        catalogue: What this unit's server has.
        here: This unit.
    """
    clients = tuple(clients)
    if here.server is None:
        yield from joining(clients)
        return
    known = {client.user: passwords.derive(here.seed, client.user) for client in clients}
    if here.takes_writes:
        todo = grants.plan(clients, catalogue, known)
        if todo:
            yield steps.ServeClients(here.port, todo)
            return
    if not here.is_open:
        return
    for client in clients:
        if grants.is_served(client, catalogue, known[client.user]):
            yield from _tell(client, here, wire.render(client, here.server, known[client.user]))


def joining(clients: Iterable[wire.Client]) -> Iterator[steps.Step]:
    """Return what a unit tells that is not set up yet: its state, and nothing else of ours."""
    for client in clients:
        if _ours(client.published) != wire.JOINING:
            yield steps.TellClient(client.relation, wire.JOINING)


def _tell(client: wire.Client, here: Here, bag: Mapping[str, str]) -> Iterator[steps.Step]:
    shared = wire.render_shared(bag) if here.is_leader else None
    if _ours(client.published) != bag or (shared is not None and client.shared != shared):
        yield steps.TellClient(client.relation, bag, shared)


def _ours(bag: Mapping[str, str]) -> Mapping[str, str]:
    """Return what is not Juju's own in a unit's bag."""
    return {key: value for key, value in bag.items() if key not in wire.JUJUS}
