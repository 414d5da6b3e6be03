"""Juju's side of the relations with clients: nothing but its hook commands.

ops makes an object for every relation of an endpoint, and lists its units, when one of them is
asked for: with a hundred clients each of their hooks would run hundred commands. So these few
bags are read and written with the hook commands themselves, and a hook of a client's is given to
ops under a name of ours (:func:`take_over`).
"""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Mapping, MutableMapping
from typing import Protocol

from ops import hookcmds

from . import wire

_MEMORY = 'clients'
_OF_RELATIONS = ('JUJU_REMOTE_APP', 'JUJU_REMOTE_UNIT', 'JUJU_DEPARTING_UNIT')


@dataclasses.dataclass(frozen=True)
class Hook:
    """What the running hook says about clients.

    Attributes:
        relation: The id of the client's relation that it is about; None where it is about none.
        is_broken: Whether that relation is gone.
    """

    relation: int | None = None
    is_broken: bool = False


class Juju(Protocol):
    """What there is to know of clients' relations."""

    def relations(self, endpoint: str) -> list[int]:
        """Return the ids of an endpoint's relations."""
        ...

    def application(self, endpoint: str, relation: int) -> str:
        """Return the remote application of a relation."""
        ...

    def units(self, endpoint: str, relation: int) -> list[str]:
        """Return the remote units of a relation."""
        ...

    def bag(self, endpoint: str, relation: int, owner: str, *, is_app: bool) -> dict[str, str]:
        """Return what the bag of *owner* says."""
        ...

    def write(
        self, endpoint: str, relation: int, content: Mapping[str, str], *, is_app: bool
    ) -> None:
        """Change keys of our own bag; an empty value removes one."""
        ...

    def recall(self) -> str:
        """Return what :meth:`remember` was given by an earlier hook that ended well."""
        ...

    def remember(self, text: str) -> None:
        """Keep *text*, once this hook ends well."""
        ...


class HookCommands:
    """The real one."""

    def relations(self, endpoint: str) -> list[int]:
        """Return the ids of an endpoint's relations."""
        return [int(name.rpartition(':')[2]) for name in hookcmds.relation_ids(endpoint)]

    def application(self, endpoint: str, relation: int) -> str:
        """Return the remote application of a relation; empty when it is going away."""
        with contextlib.suppress(hookcmds.Error):
            return hookcmds.relation_list(relation, endpoint=endpoint, app=True)
        return ''

    def units(self, endpoint: str, relation: int) -> list[str]:
        """Return the remote units of a relation."""
        with contextlib.suppress(hookcmds.Error):
            return hookcmds.relation_list(relation, endpoint=endpoint)
        return []

    def bag(self, endpoint: str, relation: int, owner: str, *, is_app: bool) -> dict[str, str]:
        """Return what the bag of *owner* says; nothing when it left a moment ago."""
        with contextlib.suppress(hookcmds.Error):
            return hookcmds.relation_get(relation, endpoint=endpoint, unit=owner, app=is_app) or {}
        return {}

    def write(
        self, endpoint: str, relation: int, content: Mapping[str, str], *, is_app: bool
    ) -> None:
        """Change keys of our own bag; an empty value removes one."""
        hookcmds.relation_set(content, relation, endpoint=endpoint, app=is_app)

    def recall(self) -> str:
        """Return what an earlier hook remembered; nothing where Juju is too old for that."""
        with contextlib.suppress(hookcmds.Error, FileNotFoundError):
            return hookcmds.state_get(None).get(_MEMORY, '')
        return ''

    def remember(self, text: str) -> None:
        """Keep *text*, once this hook ends well."""
        with contextlib.suppress(FileNotFoundError):
            hookcmds.state_set({_MEMORY: text})


def take_over(environment: MutableMapping[str, str]) -> Hook:
    """Give a hook of a client's relation the name ``clients-changed``, and return what it was.

    Args:
        environment: Of the hook's process. Source: Juju's documentation, "Hook".
    """
    if environment.get('JUJU_RELATION') not in wire.ENDPOINTS:
        return Hook()
    was = environment.get('JUJU_DISPATCH_PATH', '')
    for name in _OF_RELATIONS:  # ops would hand them to the event
        environment.pop(name, None)
    environment['JUJU_DISPATCH_PATH'] = 'hooks/clients-changed'
    relation = environment.get('JUJU_RELATION_ID', '').rpartition(':')[2]
    return Hook(
        int(relation) if relation.isdecimal() else None,
        was.endswith('-broken'),
    )
