"""What a hook command costs against an empty interpreter: median of 200, in one run.

``python3 -I -S -c pass`` and ``is-leader`` take turns, so that a busy machine hurts both alike.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / 'src'))

from solo import model
from solo.agent import places, sockets, tools
from solo.hookcmds import table

TIMES = 200
UNIT = model.Unit(1, 'app/0', 'default', '', '0', 'default/0', '', '')


def main() -> None:
    """Measure and print both medians and their ratio."""
    with tempfile.TemporaryDirectory() as folder:
        place = places.of(Path(folder), UNIT)
        tools.install(place)
        doors = sockets.Doors()
        doors.start()
        doors.open(
            place.hook_socket,
            sockets.hook_handler('bench', _answer),
        )
        env = {
            'JUJU_CONTEXT_ID': 'bench',
            'JUJU_AGENT_SOCKET_ADDRESS': str(place.hook_socket),
            'JUJU_AGENT_SOCKET_NETWORK': 'unix',
        }
        empty: list[float] = []
        command: list[float] = []
        for _ in range(TIMES):
            empty.append(_time(['/usr/bin/python3', '-I', '-S', '-c', 'pass'], {}))
            command.append(_time([str(place.tools / 'is-leader')], env))
        doors.stop()
    first, second = statistics.median(empty), statistics.median(command)
    print(f'python3 -I -S -c pass  {first * 1000:6.1f} ms')
    print(f'hook command           {second * 1000:6.1f} ms')
    print(f'ratio                  {second / first:6.2f}')


def _answer(*_: object) -> table.Answer:
    return table.Answer(0, b'True\n')


def _time(argv: list[str], env: dict[str, str]) -> float:
    begin = time.perf_counter()
    pid = os.posix_spawn(
        argv[0],
        argv,
        env,
        file_actions=[(os.POSIX_SPAWN_OPEN, 1, '/dev/null', os.O_WRONLY, 0)],
    )
    _, status = os.waitpid(pid, 0)
    taken = time.perf_counter() - begin
    if status:
        raise subprocess.CalledProcessError(status, argv)
    return taken


if __name__ == '__main__':
    main()
