"""``--wait`` on a terminal: a table of the units that lives while the work lasts.

Apart from its sibling because ``rich`` costs 60 ms, which no other output needs.
"""

from __future__ import annotations

import time
from typing import Any

from rich import console, live, table, text

from . import session

_COLORS = {'active': 'green', 'blocked': 'red', 'error': 'red'}


class Table:
    """Progress as a table: which unit does what, since when, and its last log line."""

    def __init__(self, session: session.Session) -> None:
        self._units: list[dict[str, Any]] = []
        self._started = time.time()
        self._live = live.Live(
            get_renderable=self._render,
            console=console.Console(stderr=True, quiet=bool(session.flags.get('quiet'))),
            refresh_per_second=4,
            transient=True,
        )

    def __enter__(self) -> None:
        self._live.start()

    def __exit__(self, *_: object) -> None:
        self._live.stop()

    def show(self, event: dict[str, Any]) -> None:
        """Take a new snapshot of the units."""
        self._units = event['units']

    def _render(self) -> table.Table:
        now = time.time()
        grid = table.Table(box=None, pad_edge=False, expand=True)
        grid.add_column('Unit', no_wrap=True)
        grid.add_column('Workload', no_wrap=True)
        grid.add_column('Doing', no_wrap=True)
        grid.add_column('For', justify='right', no_wrap=True)
        grid.add_column(f'Last words ({now - self._started:.0f} s so far)', ratio=1, no_wrap=True)
        for each in self._units:
            grid.add_row(
                text.Text(each['unit']),
                text.Text(each['workload'], style=_COLORS.get(each['workload'], 'yellow')),
                text.Text(each['doing'] or each['agent']),
                text.Text(f'{max(now - each["since"], 0):.0f} s'),
                text.Text(each['message'] or each['log'], style='dim', overflow='ellipsis'),
            )
        return grid
