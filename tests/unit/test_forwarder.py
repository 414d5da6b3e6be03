"""The forwarder of exposed ports, as the process that it is. The rules: tests/contract."""

from __future__ import annotations

import contextlib
import json
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from waiting import wait_for

from solo.machines import forwarder

_MACHINE = '127.9.9.9'


@pytest.fixture
def port() -> Iterator[int]:
    """A port at which a machine sends back what it is told."""
    with socket.create_server((_MACHINE, 0)) as machine:

        def echo(client: socket.socket) -> None:
            with client, contextlib.suppress(OSError):  # a crowd is cut off
                while text := client.recv(100):
                    client.sendall(text)

        def serve() -> None:
            with contextlib.suppress(OSError):
                while True:
                    threading.Thread(target=echo, args=machine.accept()[:1], daemon=True).start()

        threading.Thread(target=serve, daemon=True).start()
        yield machine.getsockname()[1]
        machine.shutdown(socket.SHUT_RDWR)


@pytest.fixture
def forwarding(port: int, tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A forwarder that may open 60 files."""
    route = {'cidr': '127.0.0.0/8', 'addresses': [_MACHINE]}
    rules = tmp_path / 'forward.json'
    rules.write_text(json.dumps([{'port': port, 'routes': [route]}]))
    command = f'ulimit -n 60; exec {sys.executable} -I {forwarder.__file__} {tmp_path}'
    with subprocess.Popen(['/bin/sh', '-c', command]) as process:
        wait_for(lambda: forwarder.read(tmp_path / 'forward.status'), timeout=30)
        yield process
        process.kill()


def _visit(port: int) -> socket.socket:
    visitor = socket.create_connection(('127.0.0.1', port), 5)
    visitor.sendall(b'who')
    return visitor


def _is_served(visitor: socket.socket) -> bool:
    with contextlib.suppress(OSError):
        return visitor.recv(100) == b'who'
    return False


@pytest.mark.usefixtures('forwarding')
def test_more_visitors_than_files_cost_only_themselves(port: int):
    first = _visit(port)
    assert _is_served(first)

    crowd = [_visit(port) for _ in range(60)]
    for visitor in crowd:
        visitor.settimeout(1)
    # Which of them go without is chance: one that is cut off gives its files to the next.
    all_served = all(_is_served(visitor) for visitor in crowd)
    for visitor in crowd:
        visitor.close()
    assert not all_served

    def is_served() -> bool:
        with _visit(port) as visitor:
            return _is_served(visitor)

    wait_for(is_served, timeout=30, catch=(OSError,))
    first.sendall(b'who')
    assert _is_served(first)
    first.close()
