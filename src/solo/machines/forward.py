"""Forward exposed ports from the host's addresses to the machines'."""

from __future__ import annotations

import dataclasses
from pathlib import Path


@dataclasses.dataclass(frozen=True)
class Rule:
    port: int
    addresses: tuple[str, ...]
    cidrs: tuple[str, ...]


class Forwarder:
    def __init__(self, data: Path) -> None: ...
    def apply(self, rules: tuple[Rule, ...]) -> tuple[str, ...]:
        return ()
