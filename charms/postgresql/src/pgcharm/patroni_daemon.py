"""Start Patroni: once etcd is ready, and with a short lease.

Usage: ``python -m pgcharm.patroni_daemon SETTINGS``
"""

from __future__ import annotations

import functools
import importlib
import json
import sys
import time
from pathlib import Path
from typing import Any

from . import etcd, https

_LOOK = 0.1
_POLL = 0.02
_PATIENCE = 60.0


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
    postgresql = importlib.import_module('patroni.postgresql')
    postgresql.STOP_POLLING_INTERVAL = _LOOK
    postgresql.polling_loop = functools.partial(postgresql.polling_loop, interval=_LOOK)


def main(path: str) -> None:
    """Run Patroni with the settings at *path*; it ends with the process."""
    dcs = importlib.import_module('patroni.dcs')
    dcs.__path__.insert(0, str(Path(__file__).parent / 'lease'))
    # Patroni's imports take longer than etcd's start: do them first.
    importlib.import_module('patroni.dcs.etcd3')
    program = importlib.import_module('patroni.__main__')
    _look_often()
    _wait_for_etcd(json.loads(Path(path).read_text()))
    sys.argv = ['patroni', path]
    program.main()


if __name__ == '__main__':
    main(sys.argv[1])
