"""The process that forwards exposed ports: a program of its own, which outlives the controller.

It listens at the host's own addresses, and passes each connection on to one of the machines. The
kernel copies the bytes (splice(2)); Python only waits. ``forward.py`` starts it.
"""

from __future__ import annotations

import contextlib
import fcntl
import ipaddress
import itertools
import json
import os
import re
import resource
import signal
import socket
import sys
import threading
from collections.abc import Generator
from pathlib import Path
from typing import Any

_CHUNK = 1 << 16
_CONNECT_SECONDS = 5.0
_RETRY_SECONDS = 0.1
_FILES = 64000
"""A session has six; Juju's agents may open as many."""

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class Session:
    """One connection: two threads that splice, one for each direction.

    Attributes:
        source: Who came.
        address: The machine that he was sent to.
    """

    def __init__(
        self, source: str, address: str, client: socket.socket, server: socket.socket
    ) -> None:
        self.source = source
        self.address = address
        self._ends = (client, server)
        self._left = 2
        self._lock = threading.Lock()
        for end in self._ends:
            # A visitor whose machine died never says so.
            end.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for ends in (self._ends, self._ends[::-1]):
            threading.Thread(target=self._copy, args=ends, daemon=True).start()

    @property
    def is_open(self) -> bool:
        """Whether somebody may still say something."""
        return self._left > 0

    def close(self) -> None:
        """Cut the connection; the threads end by that."""
        for end in self._ends:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def _copy(self, source: socket.socket, target: socket.socket) -> None:
        try:
            with _pipe() as (reader, writer):
                while count := os.splice(source.fileno(), writer, _CHUNK):
                    while count:
                        count -= os.splice(reader, target.fileno(), count)
        except OSError:
            self.close()
        finally:
            with contextlib.suppress(OSError):
                target.shutdown(socket.SHUT_WR)
            with self._lock:
                self._left -= 1
                if not self._left:
                    for end in self._ends:
                        end.close()


@contextlib.contextmanager
def _pipe() -> Generator[tuple[int, int], None, None]:
    reader, writer = os.pipe()
    try:
        yield reader, writer
    finally:
        os.close(reader)
        os.close(writer)


class Listener:
    """One exposed port at all of the host's addresses."""

    def __init__(self, rule: dict[str, Any]) -> None:
        self.port: int = rule['port']
        self.faults: list[str] = []
        self._routes = _routes(rule)
        self._sockets: list[socket.socket] = []
        self._sessions: list[Session] = []
        self._lock = threading.Lock()
        self._closed = threading.Event()
        self._turn = itertools.count()
        for address in host_addresses():
            try:
                listening = socket.create_server(
                    (address, self.port),
                    family=socket.AF_INET6 if ':' in address else socket.AF_INET,
                )
            except OSError as error:
                self.faults.append(
                    f'cannot expose port {self.port} at {address}: {error.strerror}'
                )
                continue
            self._sockets.append(listening)
            threading.Thread(target=self._serve, args=(listening,), daemon=True).start()

    def change(self, rule: dict[str, Any]) -> None:
        """Serve by another rule of the same port; only sessions that it forbids are cut."""
        with self._lock:
            self._routes = _routes(rule)
            for session in self._sessions:
                if session.address not in self._behind(session.source):
                    session.close()

    def close(self) -> None:
        """Listen no more, and cut what is connected."""
        self._closed.set()
        for listening in self._sockets:
            with contextlib.suppress(OSError):
                listening.shutdown(socket.SHUT_RDWR)
            listening.close()
        with self._lock:
            self._routes = []
            for session in self._sessions:
                session.close()

    def _behind(self, source: str) -> list[str]:
        """Return the machines for who comes from *source*, none if he may not."""
        visitor = ipaddress.ip_address(source.partition('%')[0])
        for network, addresses in self._routes:
            if visitor in network:
                return addresses
        return []

    def _serve(self, listening: socket.socket) -> None:
        while True:
            try:
                client, (source, *_) = listening.accept()
                threading.Thread(target=self._connect, args=(client, source), daemon=True).start()
            except (OSError, RuntimeError):
                # No file or thread is free, or the visitor has gone: the next one shall be served.
                if self._closed.wait(_RETRY_SECONDS):
                    return

    def _connect(self, client: socket.socket, source: str) -> None:
        """Pass the connection on to the next machine in turn that answers."""
        addresses = self._behind(source)
        first = next(self._turn)
        for index in range(len(addresses)):
            address = addresses[(first + index) % len(addresses)]
            try:
                server = socket.create_connection((address, self.port), _CONNECT_SECONDS)
            except OSError:
                continue
            server.settimeout(None)
            session = Session(source, address, client, server)
            with self._lock:
                self._sessions = [each for each in self._sessions if each.is_open] + [session]
                if address not in self._behind(source):  # the rule has changed meanwhile
                    session.close()
            return
        client.close()


def _routes(rule: dict[str, Any]) -> list[tuple[Network, list[str]]]:
    return [(ipaddress.ip_network(each['cidr']), each['addresses']) for each in rule['routes']]


def host_addresses() -> list[str]:
    """Return the host's own addresses, 127.0.0.1 the only one of its kind. Source: proc(5)."""
    found = {'127.0.0.1'}
    address = ''
    for line in Path('/proc/net/fib_trie').read_text().splitlines():
        if match := re.search(r'\|-- (\S+)', line):
            address = match[1]
        elif '/32 host LOCAL' in line and not address.startswith('127.'):
            found.add(address)
    with contextlib.suppress(OSError):
        for line in Path('/proc/net/if_inet6').read_text().splitlines():
            word = ipaddress.IPv6Address(int(line.split()[0], 16))
            if not word.is_link_local:
                found.add(str(word))
    return sorted(found)


def main(data: Path) -> int:
    """Forward what ``forward.json`` says, until it says nothing or is gone."""
    with open(data / 'forward.lock', 'a+') as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return 0
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, _FILES), hard))
        signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGHUP])
        listeners: dict[int, Listener] = {}
        while True:
            text = read(data / 'forward.json')
            rules = {rule['port']: rule for rule in json.loads(text or '[]')}
            for port in listeners.keys() - rules.keys():
                listeners.pop(port).close()
            for port, rule in rules.items():
                if port in listeners:
                    listeners[port].change(rule)
                else:
                    listeners[port] = Listener(rule)
            faults = {
                port: listener.faults[0] for port, listener in listeners.items() if listener.faults
            }
            report(data, {'rules': text, 'faults': faults})
            for port in faults:
                # Tried anew at the next signal; what it has is given back till then.
                listeners.pop(port).close()
            if not rules:
                return 0
            signal.sigtimedwait([signal.SIGHUP], 60.0)
            if not data.is_dir():
                return 0


def read(path: Path) -> str:
    """Return the file's text, empty when it isn't there."""
    try:
        return path.read_text()
    except OSError:
        return ''


def report(data: Path, found: dict[str, Any]) -> None:
    """Say what came of the rules, in a file written beside and renamed."""
    fresh = data / 'forward.status.new'
    with contextlib.suppress(OSError):
        fresh.write_text(json.dumps(found))
        fresh.rename(data / 'forward.status')


if __name__ == '__main__':
    sys.exit(main(Path(sys.argv[1])))
