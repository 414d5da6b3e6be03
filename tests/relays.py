"""A relay of TCP connections: what goes through it comes from an address of one's choice."""

from __future__ import annotations

import contextlib
import selectors
import socket
import threading
from collections.abc import Generator


@contextlib.contextmanager
def relay(port: int, source: str) -> Generator[int, None, None]:
    """Hand one connection on to *port* of 127.0.0.1, from the address *source*.

    Yields:
        Where to connect to, on 127.0.0.1.
    """
    with socket.create_server(('127.0.0.1', 0)) as listener:

        def hand_on() -> None:
            near, _ = listener.accept()
            far = socket.create_connection(('127.0.0.1', port), source_address=(source, 0))
            with near, far, selectors.DefaultSelector() as ready:
                ready.register(near, selectors.EVENT_READ, far)
                ready.register(far, selectors.EVENT_READ, near)
                with contextlib.suppress(OSError):
                    while True:
                        for key, _ in ready.select():
                            data = near.recv(65536) if key.fileobj is near else far.recv(65536)
                            if not data:
                                return
                            key.data.sendall(data)

        thread = threading.Thread(target=hand_on, daemon=True)
        thread.start()
        yield int(listener.getsockname()[1])
        thread.join(timeout=10)
