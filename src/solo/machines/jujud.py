"""The program of a machine that old charms ask for Juju's version.

charmhelpers runs the first ``/var/lib/juju/tools/machine-*/jujud`` that it finds, and much of it
goes by the answer. A machine of namespaces has its own; machines that are folders share one on
the host, which only root can put there, and which goes with the last of them.

Source: charmhelpers/core/hookenv.py (juju_version); juju: agent/tools/toolsdir.go.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from pathlib import Path

from .. import juju

TEXT = f"""\
#!/bin/sh
# solo: what asks a machine's agent for its version finds this.
[ "${{1:-}}" != version ] || echo {juju.VERSION}
"""
_TOOLS = Path('/var/lib/juju/tools')
_SHARED = _TOOLS / 'machine-solo' / 'jujud'


def path(machine: str) -> str:
    """Return where the program of machine *machine* is."""
    return str(_TOOLS / f'machine-{machine}' / 'jujud')


def show() -> None:
    """Put the shared one there, unless there is one already, perhaps Juju's own."""
    if os.geteuid() != 0 or any(_TOOLS.glob('machine-*/jujud')):
        return
    with contextlib.suppress(OSError):  # a charm that asks for it will say so
        _SHARED.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
        fresh = _SHARED.with_suffix('.new')
        fresh.write_text(TEXT)
        fresh.chmod(0o755)
        fresh.rename(_SHARED)


def hide() -> None:
    """Take the shared one away, and the folders that were made for it."""
    if _SHARED.exists():
        shutil.rmtree(_SHARED.parent, ignore_errors=True)
        with contextlib.suppress(OSError):  # not empty: somebody else's
            _TOOLS.rmdir()
            _TOOLS.parent.rmdir()
