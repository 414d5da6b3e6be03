"""Juju's hook commands for clients' relations, in memory; it counts what it is asked."""

from __future__ import annotations

import collections
from collections.abc import Mapping


class FakeJuju:
    """Relations and their bags, as one unit of ``pg`` sees them."""

    def __init__(self) -> None:
        self.bags: dict[int, dict[str, dict[str, str]]] = {}
        self.remote: dict[int, tuple[str, str, list[str]]] = {}
        self.memory = ''
        self.asked: collections.Counter[tuple[str, int]] = collections.Counter()

    def relate(
        self, relation: int, application: str, endpoint: str = 'db', *, units: int = 1
    ) -> None:
        """Relate *application* with some units, each with an address of its own."""
        names = [f'{application}/{number}' for number in range(units)]
        self.remote[relation] = (endpoint, application, names)
        self.bags[relation] = {application: {}, 'pg': {}, 'pg/0': {}} | {
            name: {'egress-subnets': f'10.{relation}.0.{number}/32'}
            for number, name in enumerate(names)
        }

    def relations(self, endpoint: str) -> list[int]:
        return [number for number, (name, _, _) in self.remote.items() if name == endpoint]

    def application(self, endpoint: str, relation: int) -> str:
        self.asked['relation-list', relation] += 1
        return self.remote[relation][1]

    def units(self, endpoint: str, relation: int) -> list[str]:
        self.asked['relation-list', relation] += 1
        return self.remote[relation][2]

    def bag(self, endpoint: str, relation: int, owner: str, *, is_app: bool) -> dict[str, str]:
        assert is_app == ('/' not in owner)
        self.asked['relation-get', relation] += 1
        return dict(self.bags[relation][owner])

    def write(
        self, endpoint: str, relation: int, content: Mapping[str, str], *, is_app: bool
    ) -> None:
        self.asked['relation-set', relation] += 1
        bag = self.bags[relation]['pg' if is_app else 'pg/0']
        bag.update(content)
        for key in [key for key, value in bag.items() if not value]:
            del bag[key]

    def recall(self) -> str:
        return self.memory

    def remember(self, text: str) -> None:
        self.memory = text
