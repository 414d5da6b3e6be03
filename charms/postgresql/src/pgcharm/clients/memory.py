"""The related applications as they ask, most of them from memory.

A hook that is not about a relation runs no hook command for it. What was read is kept in the
unit's state with Juju (``state-set``), which becomes true with the hook's other writes; it is read
again at the relation's own events, and as a whole when the charm was upgraded, the unit started or
came to lead, and from time to time.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Mapping
from typing import Any, cast

from .. import scram
from . import answers, juju, wire

_KEPT = (
    *('endpoint', 'application', 'database', 'roles', 'extensions'),
    *('told', 'told_shared', 'protocol'),
)


class Clients:
    """What one hook knows of the related applications.

    Args:
        source: Juju.
        unit: Our unit.
        is_leader: Whether it leads.
        hook: What the hook is about.
        forget: Whether everything is to be read again.
    """

    def __init__(
        self,
        source: juju.Juju,
        unit: str,
        *,
        is_leader: bool,
        hook: juju.Hook,
        forget: bool,
    ) -> None:
        self._source = source
        self._unit = unit
        self._is_leader = is_leader
        text = source.recall()
        known, proofs = _parse(text)
        self._text = text
        scram.PROVEN.recall(proofs)
        self._known: dict[int, wire.Client] = {}
        for endpoint in wire.ENDPOINTS:
            for relation in source.relations(endpoint):
                if hook.is_broken and relation == hook.relation:
                    continue
                client = known.get(relation)
                if client is None or forget or relation == hook.relation:
                    client = self._read(endpoint, relation, client)
                elif not is_leader and client.told_shared:
                    # Another unit leads, and may write what it likes.
                    client = dataclasses.replace(client, told_shared='')
                if client is not None:
                    self._known[relation] = client

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

        Args:
            endpoint: The relation's.
            relation: Its id.
            own: The unit's bag; None leaves it as it is.
            shared: The application's bag; None leaves it as it is.
        """
        changed: dict[str, str] = {}
        application = self._unit.partition('/')[0]
        for field, owner, content in (
            ('told', self._unit, own),
            ('told_shared', application, shared),
        ):
            if content is None:
                continue
            is_app = owner == application
            has = self._source.bag(endpoint, relation, owner, is_app=is_app)
            gone = {key: '' for key in has if key not in content and key not in wire.JUJUS}
            self._source.write(endpoint, relation, {**content, **gone}, is_app=is_app)
            changed[field] = answers.digest(content)
        self._known[relation] = dataclasses.replace(self._known[relation], **changed)

    def remember(self) -> None:
        """Keep what this hook learned for the next; call it at the hook's end."""
        text = _format(self._known.values(), scram.PROVEN.now)
        if text != self._text:
            self._source.remember(text)
            self._text = text

    def _read(
        self, endpoint: str, relation: int, before: wire.Client | None
    ) -> wire.Client | None:
        application = self._source.application(endpoint, relation)
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
        ours = self._unit.partition('/')[0]
        own = self._source.bag(endpoint, relation, self._unit, is_app=False)
        shared = (
            self._source.bag(endpoint, relation, ours, is_app=True) if self._is_leader else None
        )
        return dataclasses.replace(
            client,
            told=answers.digest(own),
            told_shared='' if shared is None else answers.digest(shared),
            left=tuple(sorted(before.networks - client.networks)) if before else (),
        )


def _format(clients: Iterable[wire.Client], proofs: Iterable[str]) -> str:
    kept = {
        str(client.relation): {
            **{name: getattr(client, name) for name in _KEPT},
            'units': client.units,
            'ignored': client.ignored,
        }
        for client in clients
    }
    return json.dumps({'clients': kept, 'proofs': sorted(proofs)}, sort_keys=True)


def _parse(text: str) -> tuple[Mapping[int, wire.Client], Iterable[str]]:
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
        return clients, [str(proof) for proof in whole['proofs']]
    except (ValueError, KeyError, TypeError, AttributeError):
        return {}, ()
