"""What the controller says of itself."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ... import juju, wire
from .. import server

if TYPE_CHECKING:
    from ..core import Controller


def handle(controller: Controller, params: wire.Json, emit: server.Emit) -> dict[str, Any]:
    """Return process, build, models, seconds of uptime and bytes of memory."""
    del params, emit
    with controller.database.read() as tx:
        names = [row['name'] for row in tx.all('SELECT name FROM model ORDER BY name')]
    pages = int(Path('/proc/self/statm').read_text().split()[1])
    return {
        'version': juju.JUJU_VERSION,
        'build': controller.build,
        'pid': os.getpid(),
        'data': str(controller.data),
        'models': names,
        'uptime': time.time() - controller.started,
        'memory': pages * os.sysconf('SC_PAGE_SIZE'),
    }
