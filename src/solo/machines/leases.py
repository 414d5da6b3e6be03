"""What the data directories of one host share out: addresses and subnets, each to one owner."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
from collections.abc import Collection, Generator, Iterable
from pathlib import Path

from .. import errors


class Leases:
    """The table of this user's data directories.

    Args:
        folder: Where it is kept; one that every data directory of the user looks at.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder or (
            Path('/var/lib/solo-addresses')
            if os.geteuid() == 0
            else Path(f'/var/tmp/solo-addresses-{os.geteuid()}')  # noqa: S108  # survives a reboot
        )

    def take(
        self, owner: str, candidates: Iterable[str], used: Collection[str] = frozenset()
    ) -> str:
        """Return what *owner* has, or lease it the first of *candidates* that is free.

        Args:
            owner: A data directory, a colon, and what in it.
            candidates: In the order to try.
            used: What is no good, although nobody has leased it.

        Raises:
            Error: If all are taken.
        """
        with self.table() as table:
            for one, holder in table.items():
                if holder == owner:
                    return one
            for one in candidates:
                if one not in table and one not in used:
                    table[one] = owner
                    return one
        raise errors.Error(f'cannot lease an address: all are taken, see "{self._folder}"')

    def free(self, owner: str) -> None:
        """Give back all that *owner* has."""
        with self.table() as table:
            for one in [one for one, holder in table.items() if holder == owner]:
                del table[one]

    @contextlib.contextmanager
    def table(self) -> Generator[dict[str, str], None, None]:
        """Read the leases under a lock, and write them beside and renamed if they changed.

        A data directory that is gone gives its leases back.
        """
        self._folder.mkdir(mode=0o755, parents=True, exist_ok=True)
        path = self._folder / 'leases.json'
        with open(self._folder / 'lock', 'w') as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            before: dict[str, str] = {}
            with contextlib.suppress(FileNotFoundError, ValueError):
                before = json.loads(path.read_text())
            table = {
                one: owner
                for one, owner in before.items()
                if os.path.isdir(owner.rpartition(':')[0])
            }
            yield table
            if table != before:
                fresh = path.with_suffix('.new')
                fresh.write_text(json.dumps(table, indent=1))
                fresh.rename(path)
