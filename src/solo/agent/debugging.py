"""An operator's debug session: which hooks and actions it wants, and what runs in their stead.

The session is a tmux server of the unit's own on its machine, started by ``debug-hooks`` or
``debug-code``; it ends with its last terminal. What it wants is in a file of the agent.

Source: juju: internal/worker/uniter/runner/debug/server.go.
"""

from __future__ import annotations

import json
import shlex
import socket
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from . import places, runner

_WINDOW = Path(__file__).with_name('window.py')


class Session(NamedTuple):
    """A session that wants a hook or an action.

    Attributes:
        server: The socket of its tmux server.
        unit: Whose it is, which is its name in tmux.
        name: The hook or action.
        at: The breakpoints of ``debug-code``, where the program runs by itself; '' for a shell.
    """

    server: Path
    unit: str
    name: str
    at: str

    def prepare(self, place: places.Places, env: dict[str, str], argv: list[str]) -> list[str]:
        """Return what to run instead of *argv*, and change *env* for it.

        The process is the hook's own: only its terminal is the window's. So its commands are
        answered because of whose descendants they are, as those of any hook.
        """
        folder = place.state / 'debug'
        folder.mkdir(parents=True, exist_ok=True)
        window = folder / 'window.py'
        window.write_bytes(_WINDOW.read_bytes())  # of this release, and where a machine sees it
        shell = ''
        env['JUJU_DEBUG'] = str(folder)
        if self.at:
            env['JUJU_DEBUG_AT'] = self.at
        else:
            start = folder / 'init.sh'
            start.write_text(
                self._welcome(f'./{Path(argv[0]).relative_to(place.charm)}' if argv else '')
            )
            shell = str(start)
        return [
            *('/usr/bin/python3', '-IS', str(window), str(self.server), self.unit, self.name),
            *(shell, *argv),
        ]

    def _welcome(self, program: str) -> str:
        """Return what the shell reads when it starts."""
        told = [
            f'"{self.name}" of {self.unit} is what would run now; the unit waits for this shell.',
            f'  run it by hand     {program}' if program else '  the charm has no script for it',
            '  go on              exit, or exit 1 to let it fail',
            f'  end the session    tmux kill-session; {self.name} runs by itself then',
            '',
        ]
        lines = ' '.join(shlex.quote(line) for line in told)
        return f"PS1={shlex.quote(f'{self.unit}:{self.name} % ')}\nprintf '%s\\n' {lines}\n"


def server(place: places.Places) -> Path:
    """Return where the socket of the unit's tmux server is, while there is a session."""
    return place.hook_socket.with_suffix('.tmux')


def want(place: places.Places, names: Sequence[str], at: str) -> None:
    """Write down what the session that is about to begin wants: every hook if it names none."""
    place.state.mkdir(parents=True, exist_ok=True)
    _file(place).write_text(json.dumps({'names': list(names), 'at': at}))


def is_open(place: places.Places) -> bool:
    """Tell whether a tmux server answers for the unit."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as stream:
        return stream.connect_ex(str(server(place))) == 0


def find(
    place: places.Places, unit: str, name: str, program: runner.Program | None
) -> Session | None:
    """Return the session that wants the hook or action *name*, None if there is none.

    Args:
        place: The unit's.
        unit: Its name.
        name: Of the hook or action.
        program: Its script: ``debug-code`` has no use for one that is missing.
    """
    if not server(place).exists() or not is_open(place):
        return None
    wanted = json.loads(_file(place).read_text())
    if (wanted['names'] and name not in wanted['names']) or (wanted['at'] and program is None):
        return None
    return Session(server(place), unit, name, wanted['at'])


def _file(place: places.Places) -> Path:
    return place.state / 'debug.json'
