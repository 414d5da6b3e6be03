"""Start Patroni: once etcd is ready, with a short lease, and quick where it dawdles.

Usage: ``python -m pgcharm.patroni_daemon SETTINGS``
"""

from __future__ import annotations

import contextlib
import functools
import importlib
import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any

from . import etcd, failure, files, https, layout, patroni

_LOOK = 0.1
_POLL = 0.02
_PATIENCE = 60.0
_ANSWER = 0.6
"""Seconds that a candidate waits for the others' positions: the dead one never tells it. It waits
so long to be connected, and so long again for the answer, which mostly takes 5 ms."""

_SERVICE = """\
[patient]
keepalives_idle=5
keepalives_interval=2
keepalives_count=3
tcp_user_timeout=15000
"""


def _wait_for_etcd(settings: dict[str, Any]) -> None:
    """Wait for a voter: Patroni sleeps 5 s when it finds none, and exits if it is young."""
    section = settings['etcd3']
    doors = https.doors(
        section['hosts'], Path(section['cacert']), Path(section['cert']), Path(section['key'])
    )
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline:
        if any(etcd.is_ready(door) for door in doors):
            return
        time.sleep(_POLL)


def _look_often() -> None:
    """Let Patroni look ten times a second, not once, whether a server has started or stopped.

    Source: patroni 4.1.5: ``patroni/postgresql/__init__.py`` (``wait_for_port_open``,
    ``_do_stop``, ``_wait_promote``).
    """
    postgresql: Any = importlib.import_module('patroni.postgresql')
    postgresql.STOP_POLLING_INTERVAL = _LOOK
    postgresql.polling_loop = functools.partial(postgresql.polling_loop, interval=_LOOK)


def _answer_at_once() -> None:
    """Let the REST API not hold an answer's body back until its head is acknowledged.

    That took 40 ms an answer, which hooks wait for, and candidates that ask each other.
    Source: Python, ``socketserver.StreamRequestHandler``; RFC 1122, 4.2.3.2 (delayed ACK).
    """
    api: Any = importlib.import_module('patroni.api')
    api.RestApiHandler.disable_nagle_algorithm = True


def notice_the_dead(file: Path) -> None:
    """Let ``pg_rewind`` and ``pg_basebackup`` end when the machine that they read from dies.

    They wait for its next word, and by default libpq asks only after two hours whether it lives.
    Patroni passes no such options on to them, but its environment.

    Args:
        file: Where the service with the options is kept.

    Source: PostgreSQL manual, "The Connection Service File", "Parameter Key Words".
    """
    files.write(file, _SERVICE)
    os.environ.update(PGSERVICEFILE=str(file), PGSERVICE='patient')


def hastening(ask: Callable[..., Any]) -> Callable[..., Any]:
    """Return *ask* that waits less for a member's position than Patroni's two seconds.

    Who answers later counts as silent, as it does for Patroni after two: a candidate that lacks
    that vote asks again in its next turn.

    Source: patroni 4.1.5: ``patroni/ha.py`` (``fetch_node_status``: "hardcoded to 2 seconds").
    """

    def ask_and_wait_less(
        request: Any, member: Any, method: str = 'GET', *rest: Any, **options: Any
    ) -> Any:
        if method == 'GET' and 'timeout' in options:
            options['timeout'] = min(options['timeout'], _ANSWER)
        return ask(request, member, method, *rest, **options)

    return ask_and_wait_less


def telling(set_state: Callable[[Any, Any], None], path: Path) -> Callable[[Any, Any], None]:
    """Return *set_state* that writes to *path* whether the last start failed, for our hooks.

    Source: patroni 4.1.5: ``patroni/postgresql/__init__.py`` (``wait_for_port_open``).
    """

    def set_and_tell(handler: Any, state: Any) -> None:
        set_state(handler, state)
        with contextlib.suppress(OSError):
            if state == 'start failed':
                failure.note(path, str(handler.config.get(patroni.DIGEST_TAG)))
            elif state == 'running':
                failure.note(path, None)

    return set_and_tell


def _tell_failures(folder: Path) -> None:
    server: Any = importlib.import_module('patroni.postgresql').Postgresql
    server.set_state = telling(server.set_state, folder / layout.START_FAILED)


def whole(writer: type[Any]) -> type[Any]:
    """Return *writer*, of PostgreSQL's configuration files, that replaces them at once.

    Patroni writes into the file that is there. A server that starts while a reload does that
    reads a part of it, or nothing: it runs for ever with defaults, at a socket where nobody looks.

    Source: patroni 4.1.5: ``patroni/postgresql/config.py`` (``ConfigWriter``).
    """

    class Whole(writer):
        def __enter__(self) -> Any:
            self._target = self._filename
            self._filename = f'{self._target}.new'
            return super().__enter__()

        def __exit__(
            self,
            kind: type[BaseException] | None,
            error: BaseException | None,
            trace: TracebackType | None,
        ) -> None:
            super().__exit__(kind, error, trace)
            if kind is None:
                os.replace(self._filename, self._target)

    return Whole


def keeping(load: Callable[[Any], None]) -> Callable[[Any], None]:
    """Return *load* that forgets no longer which files say who may enter.

    A Patroni that starts beside a running server takes the server's parameters as they are, by
    where they came from; PostgreSQL says that these two came from nowhere ("override"). Without
    them the next postgresql.conf names the default files, and the server that is started with it
    refuses everybody, also its own Patroni.

    Source: patroni 4.1.5: ``patroni/postgresql/config.py`` (``load_current_server_parameters``);
    PostgreSQL 15: ``src/backend/utils/misc/guc.c`` (``SelectConfigFiles``).
    """

    def load_and_keep(handler: Any) -> None:
        known = handler._server_parameters  # noqa: SLF001
        kept = {name: known[name] for name in ('hba_file', 'ident_file') if name in known}
        load(handler)
        handler._server_parameters.update(kept)  # noqa: SLF001

    return load_and_keep


def main(path: str) -> None:
    """Run Patroni with the settings at *path*; it ends with the process."""
    dcs = importlib.import_module('patroni.dcs')
    dcs.__path__.insert(0, str(Path(__file__).parent / 'lease'))
    # Patroni's imports take longer than etcd's start: do them first.
    importlib.import_module('patroni.dcs.etcd3')
    program = importlib.import_module('patroni.__main__')
    settings = json.loads(Path(path).read_text())
    _look_often()
    _answer_at_once()
    _tell_failures(Path(settings['postgresql']['parameters']['unix_socket_directories']))
    request: Any = importlib.import_module('patroni.request').PatroniRequest
    request.__call__ = hastening(request.__call__)
    config: Any = importlib.import_module('patroni.postgresql.config')
    config.ConfigWriter = whole(config.ConfigWriter)
    handler = config.ConfigHandler
    handler.load_current_server_parameters = keeping(handler.load_current_server_parameters)
    notice_the_dead(Path(path).with_name('pg_service.conf'))
    _wait_for_etcd(settings)
    sys.argv = ['patroni', path]
    program.main()


if __name__ == '__main__':
    main(sys.argv[1])
