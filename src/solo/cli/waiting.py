"""``--wait``: shows how the applications get there, and what is there in the end.

On a terminal a table that lives while it lasts; otherwise a line for each thing that happens.
Ctrl-C stops only the watching.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from typing import Any

from .. import errors, wire
from . import session, status_filter, status_tabular

_INTERRUPTED = 130
_LOG_LINES = 20
_ATTEMPTS = 5
_PAUSE = 0.1


def follow(
    session: session.Session,
    applications: Sequence[str],
    *,
    gone_units: Sequence[str] = (),
    gone_applications: Sequence[str] = (),
    since: float = 0.0,
) -> int:
    """Watch until the applications have settled and return the exit code.

    Args:
        session: The verb's session.
        applications: Those that the verb touched; none means all of the model.
        gone_units: Units that have to be gone.
        gone_applications: Applications that have to be gone.
        since: When the verb began, in seconds since the epoch: older failures are not its own.
    """
    progress = _table(session) if sys.stderr.isatty() else Lines(session)

    def ask() -> dict[str, Any]:
        return session.ask(
            'wait',
            progress.show,
            applications=list(applications),
            gone_units=list(gone_units),
            gone_applications=list(gone_applications),
            since=since,
            log_lines=_LOG_LINES,
        )

    try:
        with progress:
            result = _persist(ask)
    except KeyboardInterrupt:
        session.say('\nStopped waiting; the work goes on. See: solo status')
        return _INTERRUPTED
    return conclude(session, result, applications)


def _persist(ask: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """Ask until a controller answers: one was killed, or gave way to newer code.

    The next one carries on, and so do we. More than once, because the socket of a process that
    was killed takes connections until the kernel is done with it.
    """
    for _ in range(_ATTEMPTS - 1):
        try:
            return ask()
        except wire.Unreachable:
            time.sleep(_PAUSE)
    return ask()


def conclude(session: session.Session, result: dict[str, Any], touched: Sequence[str]) -> int:
    """Tell how it ended, what is there and what to try next.

    Raises:
        Error: If a hook failed, or a unit is blocked.
    """
    outcome = result['outcome']
    if outcome == 'failed':
        failed = result['failed']
        if failed['log']:
            session.say(f'The last lines of {failed["unit"]}:')
            session.say('\n'.join(f'    {text}' for text in failed['log']))
        raise errors.Error(
            f'unit "{failed["unit"]}" is in error: {failed["message"]}; when it is mended: '
            f'solo resolved {failed["unit"]}'
        )
    status: dict[str, Any] = session.ask('status', utc=False)
    part = status_filter.select(status, touched) if touched else status
    if part is not None and part['applications']:
        session.say(status_tabular.text(part).partition('\n\n')[2].rstrip())
    if outcome == 'blocked':
        blocked = result['blocked']
        raise errors.Error(
            '; '.join(f'unit "{u["unit"]}" is blocked: {u["message"]}' for u in blocked)
        )
    for line in _next(part, touched):
        session.say(line)
    return 0


def _next(part: dict[str, Any] | None, touched: Sequence[str]) -> list[str]:
    """Return what to try next."""
    there = sorted(part['applications']) if part else []
    if not there:
        return [f'Gone: {", ".join(touched)}.'] if touched else []
    name = there[0]
    width = len(name) + 31
    application: dict[str, Any] = part['applications'][name] if part else {}
    if 'subordinate-to' in application and not application['subordinate-to']:
        alone = 'it runs beside the units of another'
        return ['', f'Next: {f"solo integrate {name} <application>":{width}}{alone}']
    return [
        '',
        f'Next: {f"solo actions {name}":{width}}what it can be asked to do',
        f'      {f"solo integrate {name} <application>":{width}}give it to another application',
        f'      {"solo status --watch 1s":{width}}how it fares',
    ]


class Lines:
    """Progress as plain lines: one for each thing that changed."""

    def __init__(self, session: session.Session) -> None:
        self._session = session
        self._shown: dict[str, tuple[Any, ...]] = {}

    def __enter__(self) -> None:
        pass

    def __exit__(self, *_: object) -> None:
        pass

    def show(self, event: dict[str, Any]) -> None:
        """Print what is new in a snapshot of the units."""
        units = {each['unit']: each for each in event['units']}
        for name in [name for name in self._shown if name not in units]:
            del self._shown[name]
            self._session.say(f'{_clock()} {name}: gone')
        for name, each in units.items():
            state = (each['workload'], each['message'], each['agent'], each['doing'])
            if self._shown.get(name) != state:
                self._shown[name] = state
                self._session.say(f'{_clock()} {name}: {describe(each)}')


def describe(unit: dict[str, Any]) -> str:
    """Return in one line what a unit does: ``running install hook (maintenance: unpacking)``."""
    said = unit['workload'] + (f': {unit["message"]}' if unit['message'] else '')
    if unit['workload'] == 'error' and unit['retry_at']:
        said += f'; runs again in {max(unit["retry_at"] - time.time(), 0):.0f} s'
    if unit['agent'] == 'idle':
        return said
    return f'{unit["doing"] or unit["agent"]} ({said})'


def _clock() -> str:
    return time.strftime('%H:%M:%S')


def _table(session: session.Session) -> Any:
    from . import waiting_table

    return waiting_table.Table(session)
