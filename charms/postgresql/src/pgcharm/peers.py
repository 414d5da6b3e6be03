"""What the units of the application tell each other: the peer relation's bags and the secret.

Intent before deed: what is written here becomes true when the hook ends. So whoever acts on it
reads it at the beginning of a hook (:func:`read`), before anything is written.
"""

from __future__ import annotations

import dataclasses
import secrets as random
import string
from collections.abc import Mapping

import ops

from . import voting
from .clients import memory, wire

RELATION = 'replication'
ROTATIONS = 'client-passwords'
"""Key of the application's bag."""

_LABEL = 'cluster'
_ALPHABET = string.ascii_letters + string.digits


@dataclasses.dataclass(frozen=True)
class Secrets:
    """What the application's secret holds, made once by the leader."""

    token: str
    """Names the cluster, for ever: etcd's token, and the mark on our storage."""

    bootstrap: str
    """The unit that makes the cluster, once. It stands here too, because a unit can read the
    secret two hooks before its peer relation is there."""

    ca_certificate: str
    ca_key: str = dataclasses.field(repr=False)
    superuser_password: str = dataclasses.field(repr=False)
    replication_password: str = dataclasses.field(repr=False)
    rewind_password: str = dataclasses.field(repr=False)
    rest_password: str = dataclasses.field(repr=False)
    operator_password: str = dataclasses.field(repr=False)
    client_seed: str = dataclasses.field(repr=False)
    """From this any unit derives the password of a client."""

    def to_content(self) -> dict[str, str]:
        """Return it in the form of a Juju secret."""
        content = dataclasses.asdict(self)
        return {name.replace('_', '-'): value for name, value in content.items()}

    @classmethod
    def from_content(cls, content: Mapping[str, str]) -> Secrets:
        """Return the typed value; what a newer revision of the charm added is left out."""
        names = {field.name.replace('_', '-'): field.name for field in dataclasses.fields(cls)}
        return cls(**{names[key]: value for key, value in content.items() if key in names})


@dataclasses.dataclass(frozen=True)
class Peer:
    """Another unit that has said where it is."""

    unit: str
    address: str
    client_address: str
    """The one that clients are told."""

    postgresql: int
    """The ports of its listeners."""

    patroni: int
    etcd_client: int
    etcd_peer: int
    state: str
    """What its clients are told that it is; empty until it has joined."""

    networks: tuple[str, ...]
    """Where its connections come from."""


def parse(unit: str, bag: Mapping[str, str]) -> Peer | None:
    """Return what a unit's peer bag says, or None while that is not all."""
    try:
        return Peer(
            unit,
            bag['address'],
            bag['client-address'],
            int(bag['postgresql-port']),
            int(bag['patroni-port']),
            int(bag['etcd-client-port']),
            int(bag['etcd-peer-port']),
            bag.get('state', ''),
            tuple(dict.fromkeys((bag['address'], *wire.origin(bag).networks))),
        )
    except (KeyError, ValueError):
        return None


@dataclasses.dataclass(frozen=True)
class Peers:
    """What the peers had said when the hook began."""

    is_related: bool = False
    """Whether there is a peer relation yet: there is none before its ``created`` hook."""

    is_told: bool = False
    """Whether the application's bag says where the secret is."""

    units: Mapping[str, Mapping[str, str]] = dataclasses.field(
        default_factory=dict[str, Mapping[str, str]]
    )
    """Bag of each other unit, by name."""

    secrets: Secrets | None = None

    rotations: str = ''
    """Which clients' passwords were rotated, as ``clients.passwords`` writes it."""

    @property
    def known(self) -> tuple[Peer, ...]:
        """The other units that have said where they are, by number."""
        found = (parse(unit, self.units[unit]) for unit in sorted(self.units, key=_number))
        return tuple(peer for peer in found if peer is not None)

    @property
    def bootstrap(self) -> str:
        """The unit that makes the cluster, once; empty while nobody is named."""
        return self.secrets.bootstrap if self.secrets else ''


def _number(unit: str) -> int:
    return int(unit.rpartition('/')[2])


def password(length: int = 32) -> str:
    """Return a new random password of letters and digits."""
    return ''.join(random.choice(_ALPHABET) for _ in range(length))


class Bags:
    """The bags and secrets that this unit may write."""

    def __init__(self, charm: ops.CharmBase, clients: memory.Clients) -> None:
        self.clients = clients
        """The related applications."""

        self._model = charm.model
        self._app = charm.app
        self._unit = charm.unit

    def read(self) -> Peers:
        """Return what was committed before this hook."""
        relation = self._relation
        if relation is None:
            return Peers(secrets=self._read_secrets(''))
        shared = relation.data[self._app]
        return Peers(
            is_related=True,
            is_told='secret-id' in shared,
            units={unit.name: dict(relation.data[unit]) for unit in relation.units},
            secrets=self._read_secrets(shared.get('secret-id', '')),
            rotations=shared.get(ROTATIONS, ''),
        )

    def make_secrets(self, authority: tuple[str, str]) -> None:
        """Make the application's secret, which names this unit to make the cluster; leader only.

        Args:
            authority: Certificate and key of the application's certificate authority.
        """
        made = Secrets(
            token=password(16),
            bootstrap=self._unit.name,
            ca_certificate=authority[0],
            ca_key=authority[1],
            superuser_password=password(),
            replication_password=password(),
            rewind_password=password(),
            rest_password=password(),
            operator_password=password(),
            client_seed=password(),
        )
        self._app.add_secret(made.to_content(), label=_LABEL)

    def name_founder(self) -> None:
        """Let this unit be the one that makes the cluster; leader only."""
        secret = self._model.get_secret(label=_LABEL)
        known = Secrets.from_content(secret.peek_content())
        self.change_secrets(dataclasses.replace(known, bootstrap=self._unit.name))

    def change_secrets(self, changed: Secrets) -> None:
        """Replace the content of the application's secret; leader only."""
        self._model.get_secret(label=_LABEL).set_content(changed.to_content())

    def share(self, content: Mapping[str, str]) -> None:
        """Write *content* to the application's bag; leader only."""
        self._relation_now.data[self._app].update(content)

    def publish(self, content: Mapping[str, str]) -> None:
        """Make *content* what this unit's own bag says."""
        self._relation_now.data[self._unit].update(content)

    def published(self) -> Mapping[str, str]:
        """Return what this unit's own bag says."""
        relation = self._relation
        return {} if relation is None else dict(relation.data[self._unit])

    def witness(self) -> tuple[voting.Request | None, Mapping[str, str]]:
        """Return what the witness asks for, if there is one, and what the leader has told it."""
        for relation in self._model.relations[voting.RELATION]:
            if relation.active:
                units = sorted(relation.units, key=lambda unit: _number(unit.name))
                asked = (voting.read_request(unit.name, relation.data[unit]) for unit in units)
                told = dict(relation.data[self._app]) if self._unit.is_leader() else {}
                return next((one for one in asked if one is not None), None), told
        return None, {}

    def tell_witness(self, content: Mapping[str, str]) -> None:
        """Write *content* to the application's bag that the witness reads; leader only."""
        for relation in self._model.relations[voting.RELATION]:
            if relation.active:
                relation.data[self._app].update(content)

    def secret_id(self) -> str:
        """Return the id of the application's secret; leader only."""
        return self._model.get_secret(label=_LABEL).get_info().id

    @property
    def _relation(self) -> ops.Relation | None:
        return self._model.get_relation(RELATION)

    @property
    def _relation_now(self) -> ops.Relation:
        relation = self._relation
        assert relation is not None, 'the plan writes bags only where there is a relation'
        return relation

    def _read_secrets(self, secret_id: str) -> Secrets | None:
        try:
            if secret_id:
                secret = self._model.get_secret(id=secret_id)
            else:
                secret = self._model.get_secret(label=_LABEL)
            return Secrets.from_content(secret.get_content(refresh=True))
        except (ops.SecretNotFoundError, ops.ModelError):
            return None
