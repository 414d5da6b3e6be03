"""``expose`` lets the world reach what a unit listens on, and no more. Source: contract 4.4."""

from __future__ import annotations

import contextlib
import random
import socket
from collections.abc import Iterator
from pathlib import Path

import little_charm
import pytest
from contract_model import Model

_SERVER = """\
import socket, sys
listener = socket.create_server((sys.argv[1], int(sys.argv[2])))
while True:
    client, _ = listener.accept()
    client.sendall(sys.argv[3].encode())
    client.close()
"""

_START = """\
address=$(unit-get private-address) port=$(config-get port)
setsid /usr/bin/python3 "$CHARM_DIR/server.py" "$address" "$port" "$JUJU_UNIT_NAME" \\
    </dev/null >/dev/null 2>&1 &
open-port "$port/tcp"
"""


@pytest.fixture
def port() -> int:
    """A port that nobody has, below those that the kernel hands out."""
    while True:
        number = random.randint(20000, 30000)
        with contextlib.suppress(OSError), socket.create_server(('0.0.0.0', number)):
            return number


@pytest.fixture
def web(model: Model, port: int, tmp_path: Path) -> Iterator[Model]:
    """Two units that answer every connection with their name."""
    charm = little_charm.make(
        tmp_path / 'web',
        name='web',
        hooks={'start': _START},
        options={'port': {'type': 'int', 'default': port}},
        files={'server.py': _SERVER},
    )
    model.juju('deploy', str(charm), 'web', '-n', '2')
    model.settle()
    yield model
    model.juju('remove-application', 'web', '--no-prompt')


def _ask(port: int) -> str:
    """Return who answers at the host's port; empty when nobody does."""
    with contextlib.suppress(OSError), socket.create_connection(('127.0.0.1', port), 5) as door:
        return door.recv(100).decode()
    return ''


def test_exposed_port_is_served_by_the_units_in_turn_until_unexposed(web: Model, port: int):
    assert _ask(port) == ''

    web.juju('expose', 'web')

    web.wait(lambda: {_ask(port) for _ in range(4)} == {'web/0', 'web/1'} or None)
    assert web.status()['applications']['web']['exposed'] is True
    web.juju('unexpose', 'web')
    web.wait(lambda: _ask(port) == '' or None)
    assert web.status()['applications']['web']['exposed'] is False


def test_only_the_networks_that_were_named_may_come(web: Model, port: int):
    web.juju('expose', 'web', '--to-cidrs', '192.0.2.0/24')
    web.juju('expose', 'web', '--to-cidrs', '127.0.0.0/8')
    web.wait(lambda: _ask(port) or None)

    web.juju('expose', 'web', '--to-cidrs', '192.0.2.0/24')

    web.wait(lambda: _ask(port) == '' or None)


def test_port_that_somebody_else_has_is_named_in_the_status(web: Model, port: int):
    with socket.create_server(('127.0.0.1', port)):
        web.juju('expose', 'web')

        web.wait(lambda: str(port) in web.juju('status').partition('App')[0] or None)

        assert {row['workload-status']['current'] for row in web.units().values()} == {'unknown'}
    # Whoever had it gives it back: nobody has to tell us.
    web.wait(lambda: _ask(port) or None)


def test_two_applications_with_one_port_are_told_apart_by_who_comes(
    web: Model, port: int, tmp_path: Path
):
    web.juju('deploy', str(tmp_path / 'web'), 'far', '--config', f'port={port}')
    web.settle()
    web.juju('expose', 'web', '--to-cidrs', '127.0.0.0/8')
    web.wait(lambda: _ask(port) or None)

    web.juju('expose', 'far')

    web.wait(lambda: web.status()['applications']['far']['exposed'] or None)
    assert {_ask(port) for _ in range(4)} == {'web/0', 'web/1'}
    assert str(port) not in web.juju('status').partition('App')[0]
    web.juju('unexpose', 'web')
    web.wait(lambda: _ask(port) == 'far/0' or None)
    web.juju('remove-application', 'far', '--no-prompt')
