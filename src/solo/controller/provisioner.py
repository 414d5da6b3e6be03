"""Make machines, storage and forwarded ports what the database says: one idempotent loop.

Like Juju's provisioner, storage provisioner and firewaller: each pass compares rows with what
is there and does what is missing, so that a pass that was killed is made good by the next.

Source: juju: internal/worker/provisioner, internal/worker/storageprovisioner, worker/firewaller.
"""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING

from .. import errors
from . import expose

if TYPE_CHECKING:
    from .core import Controller

logger = logging.getLogger(__name__)
_RETRY_SECONDS = 5.0


class Provisioner(threading.Thread):
    """One thread; a commit wakes it, a failure makes it try again after a while."""

    def __init__(self, controller: Controller) -> None:
        super().__init__(name='provisioner', daemon=True)
        self._controller = controller
        self._news = threading.Event()
        self._news.set()
        self._stopped = False
        self._exposure = expose.Exposure(controller)

    def wake(self) -> None:
        """Ask for another pass."""
        self._news.set()

    def stop(self) -> None:
        """End after the present pass."""
        self._stopped = True
        self._news.set()
        self.join()

    def run(self) -> None:
        """Pass after pass, each when something changed."""
        failed = False
        while True:
            self._news.wait(_RETRY_SECONDS if failed else None)
            self._news.clear()
            if self._stopped:
                return
            failed = False
            for step in (self._storage, self._machines, self._exposure.apply):
                try:
                    step()
                except errors.Error as error:
                    failed = True
                    logger.warning('%s', error)
                except Exception:
                    failed = True
                    logger.exception('a pass of the provisioner failed')
