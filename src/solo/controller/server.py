"""The controller's door: takes requests from the command line and answers them.

A request's method names a module of ``verbs``; its ``handle(controller, params, emit)`` returns
the result. Each request has a thread of its own, so that a long wait holds up nobody.
"""

from __future__ import annotations

import contextlib
import importlib
import logging
import os
import re
import socket
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .. import errors, wire

if TYPE_CHECKING:
    from .core import Controller

logger = logging.getLogger(__name__)
Emit = Callable[[wire.Json], None]
_METHOD = re.compile(r'^[a-z][a-z_]*$')
_RETRY_SECONDS = 0.1


class Server:
    """Listen on the controller's socket; only the data directory's owner can reach it."""

    def __init__(self, path: Path, controller: Controller) -> None:
        self._path = path
        self._controller = controller
        self._closed = threading.Event()
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        # Bound under another name and renamed: a client finds a socket that listens, or none.
        fresh = path.with_suffix('.new')
        fresh.unlink(missing_ok=True)
        self._socket.bind(str(fresh))
        os.chmod(fresh, 0o600)
        self._socket.listen(128)
        fresh.rename(path)

    def serve(self) -> None:
        """Accept connections until :meth:`close`."""
        while True:
            try:
                stream, _ = self._socket.accept()
                threading.Thread(target=self._answer, args=(stream,), daemon=True).start()
            except (OSError, RuntimeError):
                # No file or thread is free: the next client shall be answered.
                if self._closed.wait(_RETRY_SECONDS):
                    return

    def close(self) -> None:
        """Stop listening; requests under way go on until the process ends."""
        self._closed.set()
        self._path.unlink(missing_ok=True)
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()

    def _answer(self, stream: socket.socket) -> None:
        with stream, contextlib.suppress(OSError):
            # A client that went away (Ctrl-C in a wait) ends its request here: nothing else stops.
            for request in wire.receive(stream):
                wire.send(stream, self._reply(request, stream))
                return

    def _reply(self, request: wire.Json, stream: socket.socket) -> wire.Json:
        try:
            result = self._handle(
                str(request.get('method', '')),
                request.get('params') or {},
                lambda event: wire.send(stream, {'event': event}),
            )
            return {'result': result}
        except errors.Error as error:
            return {
                'error': {
                    'message': error.message,
                    'code': error.code,
                    'exit_code': error.exit_code,
                }
            }
        except OSError:
            raise
        except Exception as error:
            logger.exception('request %s failed', request.get('method'))
            return {
                'error': {
                    'message': f'the controller failed: {type(error).__name__}: {error}; '
                    f'see {self._controller.data / "controller.log"}',
                    'code': '',
                    'exit_code': 1,
                }
            }

    def _handle(self, method: str, params: wire.Json, emit: Emit) -> Any:
        if not _METHOD.match(method):
            raise errors.UsageError(f'invalid request "{method}"')
        name = f'{__package__}.verbs.{method}'
        try:
            module = importlib.import_module(name)
        except ModuleNotFoundError as error:
            if error.name != name:
                raise
            raise errors.UsageError(
                f'the controller does not know "{method}"', 'not implemented'
            ) from None
        return module.handle(self._controller, params, emit)
