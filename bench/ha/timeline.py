"""Where the time of a failover goes: what the daemons wrote, beside what the client saw."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

_TIME = re.compile(r'^(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)[.,](\d{3})')

STAGES: Mapping[str, str] = {
    'the lease is over: a standby asks the others': r'(Got response from|Request failed to) ',
    'a standby has the leader key': r'promoted self to leader by acquiring session lock',
    'PostgreSQL is asked to promote': r'received promote request',
    'PostgreSQL writes on a new timeline': r'selected new timeline ID',
    'PostgreSQL accepts writes': r'database system is ready to accept connections',
}
"""What a line of a daemon's log stands for."""


def stages(logs: Iterable[Path], begin: float, end: float) -> dict[str, float]:
    """Return when each stage was reached first, in seconds after *begin*.

    Args:
        logs: Of Patroni and PostgreSQL on the units that stayed.
        begin: When the fault happened, of the wall clock.
        end: When it was over.
    """
    found: dict[str, float] = {}
    for log in logs:
        for line in log.read_text(errors='replace').splitlines():
            match = _TIME.match(line)
            if match is None:
                continue
            second = dt.datetime.strptime(match[1], '%Y-%m-%d %H:%M:%S')  # noqa: DTZ007
            at = second.timestamp() + int(match[2]) / 1000
            if not begin <= at <= end:
                continue
            for stage, pattern in STAGES.items():
                if re.search(pattern, line):
                    found[stage] = min(found.get(stage, at), at)
    return {stage: round(at - begin, 3) for stage, at in sorted(found.items(), key=lambda i: i[1])}
