"""The related applications as they ask, most of them from memory.

A hook that is not about a relation runs no hook command for it. What was read is kept in the
unit's state with Juju (``state-set``), which becomes true with the hook's other writes; it is read
again at the relation's own events, as a whole when the charm was upgraded, and from time to time
some of it. What was told is remembered as well, so to tell something else needs no look.
"""

from __future__ import annotations

import collections
import dataclasses
import json
import time
from collections.abc import Mapping
from concurrent import futures
from typing import Any, cast

from .. import scram
from . import answers, juju, wire

_KEPT = (
    *('endpoint', 'application', 'database', 'roles', 'extensions'),
    *('told', 'told_shared', 'protocol'),
)

LOOK_SECONDS = 1.0
"""How much of an ``update-status`` goes into reading again: a client costs 50 ms."""

_AT_ONCE = 4
"""Writes that are under way together. Juju takes them one by one, but to start the program is most
of what one costs, and a role change is one for each client. Source: juju:
internal/worker/uniter/runner/jujuc/server.go, ``Jujuc.Main``."""

_LONGEST_PAUSE = 300.0
"""Juju asks us for the status about as often."""


@dataclasses.dataclass(frozen=True)
class _Memory:
    """What an earlier hook kept.

    Attributes:
        proofs: Which verifiers were found to be of which passwords.
        last: The relation that was read last without an event.
        waiting: Relations whose clients wait for something that comes without an event.
        since: When they began to, in seconds since 1970.
        logins: When each user was seen to come last, in seconds since 1970.
    """

    clients: Mapping[int, wire.Client] = dataclasses.field(default_factory=dict[int, wire.Client])
    proofs: tuple[str, ...] = ()
    last: int = -1
    waiting: tuple[str, ...] = ()
    since: float = 0.0
    logins: Mapping[str, float] = dataclasses.field(default_factory=dict[str, float])


class Clients:
    """What one hook knows of the related applications.

    Args:
        source: Juju.
        unit: Our unit.
        is_leader: Whether it leads.
        hook: What the hook is about.
        forget: Whether everything is to be read again, also what we told.
        look: Seconds to spend on reading clients again that no event told of.

    Attributes:
        has_news: Whether the hook may change anything: one of a client's that left all as it was,
            and waits for nothing, does not.
    """

    def __init__(
        self,
        source: juju.Juju,
        unit: str,
        *,
        is_leader: bool,
        hook: juju.Hook,
        forget: bool = False,
        look: float = 0.0,
    ) -> None:
        self._source = source
        self._unit = unit
        self._is_leader = is_leader
        self._text = source.recall()
        self._kept = kept = _parse(self._text)
        scram.PROVEN.recall(kept.proofs)
        self._pool = futures.ThreadPoolExecutor(_AT_ONCE)
        self._writes: collections.deque[futures.Future[None]] = collections.deque()
        self._found: dict[tuple[int, str], Mapping[str, str]] = {}
        self._known: dict[int, wire.Client] = {}
        for endpoint in wire.ENDPOINTS:
            for relation in source.relations(endpoint):
                if hook.is_broken and relation == hook.relation:
                    continue
                client = None if forget else kept.clients.get(relation)
                if client is None or relation == hook.relation:
                    client = self._read(endpoint, relation, client)
                elif not is_leader and client.told_shared:
                    # Another unit leads, and may write what it likes.
                    client = dataclasses.replace(client, told_shared='')
                if client is not None:
                    self._known[relation] = client
        self.has_news = (
            hook.relation is None
            or hook.is_broken
            or self._known.get(hook.relation) != kept.clients.get(hook.relation)
            or any(name.endswith(f':{hook.relation}') for name in kept.waiting)
        )
        if look:
            self._look(look)

    def judged(self, policy: wire.Policy) -> tuple[wire.Client, ...]:
        """Return the clients, each with what is wrong with its wishes."""
        return tuple(wire.judge(client, policy) for client in self._known.values())

    def published(self, client: wire.Client) -> Mapping[str, str]:
        """Return what this unit's own bag says now."""
        return self._source.bag(client.endpoint, client.relation, self._unit, is_app=False)

    def tell(
        self,
        endpoint: str,
        relation: int,
        own: Mapping[str, str] | None,
        shared: Mapping[str, str] | None,
    ) -> None:
        """Make our bags in a client's relation hold exactly what is given; Juju's own keys stay.

        It is done when :meth:`finish` returns; the same bag is not to be told twice before.

        Args:
            endpoint: The relation's.
            relation: Its id.
            own: The unit's bag; None leaves it as it is.
            shared: The application's bag; None leaves it as it is.
        """
        application = self._unit.partition('/')[0]
        for owner, content in ((self._unit, own), (application, shared)):
            if content is None:
                continue
            others = {*answers.KEYS, *self._found.get((relation, owner), ())} - wire.JUJUS
            gone = {key: '' for key in sorted(others) if key not in content}
            is_app = owner == application
            while len(self._writes) >= _AT_ONCE:
                self._writes.popleft().result()
            self._writes.append(
                self._pool.submit(
                    self._source.write, endpoint, relation, {**content, **gone}, is_app=is_app
                )
            )
        self._known[relation] = answers.told(self._known[relation], own, shared)

    def finish(self) -> None:
        """Wait until all that was told is written."""
        while self._writes:
            self._writes.popleft().result()

    def pause(self, waiting: tuple[str, ...], now: float) -> float | None:
        """Return in how many seconds to look again, None where nobody waits.

        The longer the same ones have waited, the longer the pause: some wait for an operator.

        Args:
            waiting: Relations whose clients wait for something that comes without an event.
            now: The time, in seconds since 1970.
        """
        since = self._kept.since if waiting == self._kept.waiting else now
        self._kept = dataclasses.replace(
            self._kept, waiting=waiting, since=since if waiting else 0.0
        )
        return min(max(now - since, 1.0), _LONGEST_PAUSE) if waiting else None

    @property
    def logins(self) -> Mapping[str, float]:
        """When each user was seen to come last, in seconds since 1970."""
        return self._kept.logins

    def saw(self, logins: Mapping[str, float]) -> None:
        """Note who has come: PostgreSQL itself forgets it with the session."""
        self._kept = dataclasses.replace(self._kept, logins={**self._kept.logins, **logins})

    def remember(self) -> None:
        """Keep what this hook learned for the next; call it at the hook's end."""
        self.finish()
        now = tuple(sorted(scram.PROVEN.now))
        text = _format(dataclasses.replace(self._kept, clients=self._known, proofs=now))
        if text != self._text:
            self._source.remember(text)
            self._text = text

    def _look(self, seconds: float) -> None:
        """Read some clients again, those first whose turn it is."""
        last, deadline = self._kept.last, time.monotonic() + seconds
        for relation in sorted(self._known, key=lambda number: (number <= last, number)):
            client = self._known[relation]
            self._known[relation] = self._read(client.endpoint, relation, client) or client
            last = relation
            if time.monotonic() > deadline:
                break
        self._kept = dataclasses.replace(self._kept, last=last)

    def _read(
        self, endpoint: str, relation: int, before: wire.Client | None
    ) -> wire.Client | None:
        """Return a client as its bags say; what we told it is known where there is a *before*."""
        application = before.application if before else None
        application = application or self._source.application(endpoint, relation)
        if not application:
            return None
        units = self._source.units(endpoint, relation)
        client = wire.read(
            relation,
            endpoint,
            application,
            self._source.bag(endpoint, relation, application, is_app=True),
            {unit: self._source.bag(endpoint, relation, unit, is_app=False) for unit in units},
        )
        if before:
            return dataclasses.replace(
                client,
                told=before.told,
                told_shared=before.told_shared if self._is_leader else '',
                left=tuple(sorted(before.networks - client.networks)),
            )
        ours = (self._unit, *([self._unit.partition('/')[0]] if self._is_leader else []))
        for owner in ours:
            is_app = owner != self._unit
            self._found[relation, owner] = self._source.bag(
                endpoint, relation, owner, is_app=is_app
            )
        told = [answers.digest(self._found[relation, owner]) for owner in ours]
        return dataclasses.replace(client, told=told[0], told_shared=''.join(told[1:]))


def _format(kept: _Memory) -> str:
    clients = {
        str(client.relation): {
            **{name: getattr(client, name) for name in _KEPT},
            'units': client.units,
            'ignored': client.ignored,
        }
        for client in kept.clients.values()
    }
    return json.dumps({**dataclasses.asdict(kept), 'clients': clients}, sort_keys=True)


def _parse(text: str) -> _Memory:
    """Return what :func:`_format` wrote; what another revision of the charm wrote is read anew."""
    try:
        whole = cast('dict[str, Any]', json.loads(text))
        clients = {
            int(relation): wire.Client(
                int(relation),
                **{name: str(kept[name]) for name in _KEPT},
                units={unit: tuple(own) for unit, own in kept['units'].items()},
                ignored=tuple(kept['ignored']),
            )
            for relation, kept in whole['clients'].items()
        }
        proofs, waiting = (tuple(map(str, whole[name])) for name in ('proofs', 'waiting'))
        logins = {str(user): float(at) for user, at in whole['logins'].items()}
        return _Memory(clients, proofs, int(whole['last']), waiting, float(whole['since']), logins)
    except (ValueError, KeyError, TypeError, AttributeError):
        return _Memory()
