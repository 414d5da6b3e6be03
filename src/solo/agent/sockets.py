"""The sockets where hook commands and ``juju-exec`` connect, and what goes over them.

The messages are described in ``hookcmds/client.py``, which is the other side.
"""

from __future__ import annotations

import contextlib
import os
import select
import socket
import struct
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from ..hookcmds import table

_CREDENTIALS = struct.Struct('3i')  # struct ucred: pid, uid, gid
_PATIENCE = 60.0  # seconds for a client to say what it wants
_RETRY_SECONDS = 0.1


class Request(NamedTuple):
    """What a client asks: the command with its arguments, and where it was called.

    Attributes:
        root: The folder that is the client's ``/``, '' when that is ours.
    """

    context_id: str
    folder: str
    name: str
    args: tuple[str, ...]
    root: str = ''


class Client:
    """One connection of a hook command."""

    def __init__(self, stream: socket.socket) -> None:
        self._stream = stream

    def request(self) -> Request:
        """Read what the client asks."""
        self._stream.settimeout(_PATIENCE)
        context_id, folder, name, *args = (
            field.decode('utf-8', 'surrogateescape') for field in self._sized().split(b'\0')
        )
        self._stream.settimeout(None)
        return Request(context_id, folder, name, tuple(args), self._root())

    def _root(self) -> str:
        """Return where the client's files are, seen from here. Source: unix(7), proc(5)."""
        pid = self.pid
        with contextlib.suppress(OSError):
            if os.readlink(f'/proc/{pid}/ns/mnt') != os.readlink('/proc/self/ns/mnt'):
                return f'/proc/{pid}/root'
        return ''

    def stdin(self) -> bytes:
        """Ask for the client's standard input and return all of it."""
        self.send(b'i')
        return self._sized()

    def send(self, kind: bytes, body: bytes = b'') -> None:
        """Send one frame."""
        self._stream.sendall(kind + len(body).to_bytes(4, 'big') + body)

    def answer(self, answer: table.Answer) -> None:
        """Send what the command printed, and its exit code."""
        if answer.out:
            self.send(b'o', answer.out)
        if answer.err:
            self.send(b'e', answer.err)
        self.send(b'x', str(answer.code).encode())

    @property
    def pid(self) -> int:
        """The process at the other end. Source: unix(7), SO_PEERCRED."""
        sent = self._stream.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
        return _CREDENTIALS.unpack(sent)[0]

    def is_gone(self) -> bool:
        """Tell whether the client has hung up."""
        ready, _, _ = select.select([self._stream], [], [], 0)
        return bool(ready) and not self._stream.recv(1, socket.MSG_PEEK)

    def _sized(self) -> bytes:
        size = int.from_bytes(self._receive(4), 'big')
        return self._receive(size)

    def _receive(self, size: int) -> bytes:
        data = bytearray()
        while len(data) < size:
            chunk = self._stream.recv(min(size - len(data), 1 << 20))
            if not chunk:
                raise ConnectionError('the hook command went away')
            data += chunk
        return bytes(data)


Handler = Callable[[Client], None]


class Doors:
    """One thread that listens at many sockets, and one short thread for each connection."""

    def __init__(self) -> None:
        self._doors: dict[int, tuple[Path, socket.socket, Handler]] = {}
        self._lock = threading.Lock()
        self._epoll = select.epoll()
        self._news, self._ring = os.pipe()
        self._epoll.register(self._news, select.EPOLLIN)
        self._thread = threading.Thread(target=self._listen, name='doors', daemon=True)

    def start(self) -> None:
        """Begin to listen."""
        self._thread.start()

    def stop(self) -> None:
        """Close every door and end the thread."""
        for path in [path for path, _, _ in self._doors.values()]:
            self.close(path)
        os.close(self._ring)
        self._thread.join()
        self._epoll.close()
        os.close(self._news)

    def open(self, path: Path, handler: Handler) -> None:
        """Call *handler* for every connection to a new socket at *path*, mode 0600."""
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with contextlib.suppress(FileNotFoundError):
            path.unlink()
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        listener.bind(str(path))
        path.chmod(0o600)
        listener.listen(64)
        listener.setblocking(False)
        with self._lock:
            self._doors[listener.fileno()] = (path, listener, handler)
        self._epoll.register(listener, select.EPOLLIN)

    def close(self, path: Path) -> None:
        """Close the socket at *path*; what is connected goes on."""
        with self._lock:
            found = [fd for fd, door in self._doors.items() if door[0] == path]
            doors = [self._doors.pop(fd) for fd in found]
        for _, listener, _ in doors:
            with contextlib.suppress(FileNotFoundError):
                path.unlink()
            self._epoll.unregister(listener)
            listener.close()

    def _listen(self) -> None:
        while True:
            for fd, _ in self._epoll.poll():
                if fd == self._news:
                    return
                with self._lock:
                    door = self._doors.get(fd)
                if door is None:
                    continue
                try:
                    stream, _ = door[1].accept()
                    stream.setblocking(True)
                    threading.Thread(target=_handle, args=(stream, door[2]), daemon=True).start()
                except BlockingIOError:
                    continue
                except (OSError, RuntimeError):
                    # Closed, or no file or thread is free: the other doors stay open.
                    time.sleep(_RETRY_SECONDS)


def hook_handler(
    context_id: str,
    run: Callable[[Request, Callable[[], bytes]], table.Answer],
    belongs: Callable[[int], bool] = lambda _: True,
) -> Handler:
    """Return a handler that runs hook commands one at a time.

    Args:
        context_id: The only context that may ask.
        belongs: Tells whether a process is of the hook: who has read the id elsewhere is not.
        run: Runs a command; it gets a function that fetches the client's standard input.
    """
    lock = threading.Lock()

    def handle(client: Client) -> None:
        request = client.request()
        if request.context_id != context_id:
            message = f'bad request: wrong context ID; got "{request.context_id}"'
            client.answer(table.Answer(1, err=f'ERROR {message}\n'.encode()))
            return
        if not belongs(client.pid):
            message = f'bad request: process {client.pid} is not of this context'
            client.answer(table.Answer(1, err=f'ERROR {message}\n'.encode()))
            return
        with lock:
            answer = run(request, client.stdin)
        client.answer(answer)

    return handle


def _handle(stream: socket.socket, handler: Handler) -> None:
    with stream, contextlib.suppress(OSError, ValueError):
        handler(Client(stream))
