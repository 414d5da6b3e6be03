"""Messages between the command line and the controller: JSON, one per line, over a Unix socket.

A request is ``{"method": ..., "params": {...}}``. The answer is any number of
``{"event": ...}`` lines, then one ``{"result": ...}`` or one ``{"error": ...}`` with the keys
``message``, ``code`` and ``exit_code``.
A connection carries one request; closing it early cancels only the waiting.
"""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

from . import errors

Json = dict[str, Any]


class Unreachable(errors.Error):
    """Nobody answers at the controller's socket."""


def mapping(params: Json, key: str) -> Json:
    """Return a parameter that is a mapping, an empty one where it wasn't sent."""
    return cast('Json', params.get(key) or {})


def send(stream: socket.socket, message: Json) -> None:
    """Write *message* as one line."""
    stream.sendall(json.dumps(message, separators=(',', ':')).encode() + b'\n')


def receive(stream: socket.socket) -> Iterator[Json]:
    """Yield the messages that arrive until the other side closes the connection."""
    with stream.makefile('rb') as lines:
        for line in lines:
            yield cast('Json', json.loads(line))


def connect(path: Path, timeout: float = 10.0) -> socket.socket:
    """Return a connection to the socket at *path*.

    Args:
        path: The controller's socket, at most 107 bytes (unix(7)).
        timeout: Seconds to wait for the connection; afterwards the socket blocks.

    Raises:
        Unreachable: If nobody listens there.
    """
    stream = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    stream.settimeout(timeout)
    try:
        stream.connect(str(path))
    except OSError as error:
        stream.close()
        raise Unreachable(
            f'cannot reach the controller at {path}: {error.strerror or error}'
        ) from error
    stream.settimeout(None)
    return stream


def call(
    path: Path,
    method: str,
    params: Json,
    on_event: Callable[[Json], None] | None = None,
) -> Any:
    """Ask the controller at *path* and return its result.

    Args:
        path: The controller's socket.
        method: The verb, for example ``deploy``.
        params: Its arguments.
        on_event: Called with every event that comes before the result.

    Raises:
        Unreachable: If nobody listens, or the controller went away before it answered.
        errors.Error: What the controller answered, with its code and exit code.
    """
    with connect(path) as stream:
        try:
            send(stream, {'method': method, 'params': params})
            for message in receive(stream):
                if 'event' in message:
                    if on_event is not None:
                        on_event(cast('Json', message['event']))
                elif 'error' in message:
                    failure = cast('Json', message['error'])
                    kind = errors.UsageError if failure.get('exit_code') == 2 else errors.Error
                    raise kind(failure['message'], failure.get('code', ''))
                else:
                    return message['result']
        except OSError as error:
            raise Unreachable(f'the controller went away: {error.strerror or error}') from error
    raise Unreachable('the controller went away before it answered')
