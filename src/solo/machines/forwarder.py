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
import signal
import socket
import sys
import threading
from pathlib import Path
from typing import Any

_CHUNK = 1 << 16
_CONNECT_SECONDS = 5.0


class Session:
    """One connection: two threads that splice, one for each direction."""

    def __init__(self, client: socket.socket, server: socket.socket) -> None:
        self._ends = (client, server)
        self._left = 2
        self._lock = threading.Lock()
        for source, target in ((client, server), (server, client)):
            threading.Thread(target=self._copy, args=(source, target), daemon=True).start()

    def close(self) -> None:
        """Cut the connection; the threads end by that."""
        for end in self._ends:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def _copy(self, source: socket.socket, target: socket.socket) -> None:
        reader, writer = os.pipe()
        try:
            while count := os.splice(source.fileno(), writer, _CHUNK):
                while count:
                    count -= os.splice(reader, target.fileno(), count)
        except OSError:
            self.close()
        finally:
            os.close(reader)
            os.close(writer)
            with contextlib.suppress(OSError):
                target.shutdown(socket.SHUT_WR)
            with self._lock:
                self._left -= 1
                if not self._left:
                    for end in self._ends:
                        end.close()


class Listener:
    """One exposed port at all of the host's addresses."""

    def __init__(self, rule: dict[str, Any]) -> None:
        self.rule = rule
        self.faults: list[str] = []
        self._sockets: list[socket.socket] = []
        self._sessions: list[Session] = []
        self._turn = itertools.count()
        self._cidrs = [ipaddress.ip_network(cidr) for cidr in rule['cidrs']]
        for address in host_addresses():
            try:
                listening = socket.create_server(
                    (address, rule['port']),
                    family=socket.AF_INET6 if ':' in address else socket.AF_INET,
                )
            except OSError as error:
                self.faults.append(
                    f'cannot expose port {rule["port"]} at {address}: {error.strerror}'
                )
                continue
            self._sockets.append(listening)
            threading.Thread(target=self._serve, args=(listening,), daemon=True).start()

    def close(self) -> None:
        """Listen no more, and cut what is connected."""
        for listening in self._sockets:
            with contextlib.suppress(OSError):
                listening.shutdown(socket.SHUT_RDWR)
            listening.close()
        for session in self._sessions:
            session.close()

    def _serve(self, listening: socket.socket) -> None:
        while True:
            try:
                client, (source, *_) = listening.accept()
            except OSError:
                return
            address = ipaddress.ip_address(source.partition('%')[0])
            if any(address in cidr for cidr in self._cidrs):
                threading.Thread(target=self._connect, args=(client,), daemon=True).start()
            else:
                client.close()

    def _connect(self, client: socket.socket) -> None:
        """Pass the connection on to the next machine in turn that answers."""
        addresses: list[str] = self.rule['addresses']
        first = next(self._turn)
        for index in range(len(addresses)):
            address = addresses[(first + index) % len(addresses)]
            try:
                server = socket.create_connection((address, self.rule['port']), _CONNECT_SECONDS)
            except OSError:
                continue
            server.settimeout(None)
            self._sessions.append(Session(client, server))
            return
        client.close()


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
        signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGHUP])
        listeners: dict[str, Listener] = {}
        while True:
            text = read(data / 'forward.json')
            rules = {json.dumps(rule): rule for rule in json.loads(text or '[]')}
            for key in listeners.keys() - rules.keys():
                listeners.pop(key).close()
            for key in rules.keys() - listeners.keys():
                listeners[key] = Listener(rules[key])
            faults = {
                listener.rule['port']: listener.faults[0]
                for listener in listeners.values()
                if listener.faults
            }
            report(data, {'rules': text, 'faults': faults})
            for key in [key for key, listener in listeners.items() if listener.faults]:
                # Tried anew at the next signal; what it has is given back till then.
                listeners.pop(key).close()
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
