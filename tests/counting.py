"""Every hook command about relations that a unit's hooks call: to count what a hook costs."""

from __future__ import annotations

import contextlib
import dataclasses
import shlex
from collections.abc import Generator
from pathlib import Path

_WRAPPER = """#!/bin/sh
name=${0##*/}
case $name in
relation-get | relation-set | relation-list)
    printf '%s %s %s %s %s\\n' "$JUJU_CONTEXT_ID" "$JUJU_DISPATCH_PATH" \\
        "${JUJU_RELATION_ID:--}" "$name" "$*" >>LOG ;;
esac
exec /usr/bin/python3 -IS REAL/"$name" "$@"
"""


@dataclasses.dataclass(frozen=True)
class Call:
    """One hook command.

    Attributes:
        context: Of the hook that called it: each hook has another.
        hook: What the hook is called; the charm may have named it itself.
        about: The relation that the hook is about, ``db:3``; ``-`` where it is about none.
        name: The command.
        relation: The relation that the command is about.
        is_app: Whether it is about an application's bag.
    """

    context: str
    hook: str
    about: str
    name: str
    relation: str
    is_app: bool


class Counter:
    """What was called so far.

    Args:
        log: Where the wrapper writes.
    """

    def __init__(self, log: Path) -> None:
        self._log = log
        self._seen = 0

    def new(self) -> list[Call]:
        """Return the calls since the last time that this was asked."""
        lines = self._log.read_text().splitlines() if self._log.exists() else []
        found = [_parse(line) for line in lines[self._seen :]]
        self._seen = len(lines)
        return found


def _parse(line: str) -> Call:
    context, path, about, name, *words = line.split(' ')
    relation = words[words.index('-r') + 1] if '-r' in words else about
    return Call(context, path.rpartition('/')[2], about, name, relation, '--app' in words)


@contextlib.contextmanager
def counted(data: Path, model: str, unit: str, folder: Path) -> Generator[Counter, None, None]:
    """Put a wrapper around the hook commands of *unit* for the time of a block.

    Args:
        data: The data directory of solo.
        model: The model's name.
        unit: The unit's name.
        folder: An empty folder that lasts as long.
    """
    (tools,) = data.glob(f'machines/{model}/*/tools/unit-{unit.replace("/", "-")}')
    client, kept = tools / '.client', tools / '.client.kept'
    real, log = folder / 'real', folder / 'log'
    real.mkdir()
    for link in filter(Path.is_symlink, tools.iterdir()):
        target = link.readlink()
        (real / link.name).symlink_to(kept if target.name == client.name else target)
    kept.write_bytes(client.read_bytes())
    wrapper = _WRAPPER.replace('LOG', shlex.quote(str(log))).replace(
        'REAL', shlex.quote(str(real))
    )
    try:
        _replace(client, wrapper.encode())
        yield Counter(log)
    finally:
        with contextlib.suppress(FileNotFoundError):  # the unit is gone
            _replace(client, kept.read_bytes())


def _replace(path: Path, content: bytes) -> None:
    beside = path.with_name(f'{path.name}.beside')
    beside.write_bytes(content)
    beside.chmod(0o755)
    beside.replace(path)
