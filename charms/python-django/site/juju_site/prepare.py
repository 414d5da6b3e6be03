"""Look at the site and make it ready, in one process: ``python -m juju_site.prepare``.

``--collect`` copies its static files, ``--migrate`` applies the migrations that wait. Each start
of Django takes half a second, so all is done in one. Prints JSON: the keys of :mod:`.observe`, and
``failure``, what could not be made ready.
"""

from __future__ import annotations

import json
import signal
import sys
from types import FrameType

from . import collect, migrate, observe

OBSERVE_SECONDS = 60


def prepare(words: list[str]) -> dict[str, object]:
    """Do what *words* say as far as the project can run, and return what is so then."""
    signal.signal(signal.SIGALRM, _too_long)
    signal.alarm(OBSERVE_SECONDS)
    found = observe.observe()
    signal.alarm(0)
    failure = ''
    if not found['fault'] and '--collect' in words:
        try:
            collect.collect()
        except Exception as error:
            failure = f'cannot collect static files: {observe.cause(error)}'
    if not failure and '--migrate' in words and found['unapplied']:
        try:
            migrate.migrate()
            found['unapplied'] = []
        except Exception as error:
            failure = f'migrations failed: {observe.cause(error)}'
    return {**found, 'failure': failure}


def _too_long(_signal: int, _frame: FrameType | None) -> None:
    raise TimeoutError(f'it took longer than {OBSERVE_SECONDS} s')


if __name__ == '__main__':
    found = prepare(sys.argv[1:])
    # A project may have printed something itself: the answer is the last line.
    sys.stdout.write(f'\n{json.dumps(found)}\n')
