"""Tables and colours as Juju prints them.

Source: juju: cmd/output/output.go, cmd/output/tabwriter.go.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Collection, Mapping, Sequence
from typing import Any

_RESET = '\x1b[0m'
_GOOD, _CURRENT, _WARNING, _ERROR = '\x1b[92m', '\x1b[94m', '\x1b[93m', '\x1b[91m'
_STATUS = {
    **dict.fromkeys(('active', 'available', 'attached', 'idle', 'running', 'started'), _GOOD),
    **dict.fromkeys(('allocating', 'executing', 'maintenance', 'pending', 'waiting'), _WARNING),
    **dict.fromkeys(('blocked', 'down', 'error', 'failed', 'lost', 'terminated'), _ERROR),
    'joined': _CURRENT,
}
_NUMBER = '\x1b[95m'


def wants_color(flags: Mapping[str, Any]) -> bool:
    """Tell whether to print colours: ``--color``, ``--no-color``, ``NO_COLOR``, or a terminal."""
    if flags.get('color'):
        return True
    if flags.get('no-color') or 'NO_COLOR' in os.environ or os.environ.get('TERM') == 'dumb':
        return False
    return sys.stdout.isatty() and not flags.get('output')


def status(text: str) -> str:
    """Return *text* in the colour of the status that it names."""
    color = _STATUS.get(text)
    return f'{color}{text}{_RESET}' if color else text


def number(text: str) -> str:
    """Return *text* in the colour of figures and ports."""
    return f'{_NUMBER}{text}{_RESET}' if text else text


def level(text: str) -> str:
    """Return the name of a log level in its colour."""
    color = {'DEBUG': _GOOD, 'INFO': _CURRENT, 'WARNING': _WARNING, 'ERROR': _ERROR}.get(text)
    return f'{color}{text}{_RESET}' if color else text


def table(
    rows: Sequence[Sequence[str]],
    *,
    right: Collection[int] = (),
    paint: Mapping[int, Any] | None = None,
) -> str:
    """Return *rows*, the first of which is the heading, in columns two spaces apart.

    Args:
        rows: Cells of text; shorter rows are allowed.
        right: Columns that are aligned to the right.
        paint: Functions that colour a column's cells; the widths don't count the colours.
    """
    columns = max(map(len, rows))
    widths = [max(len(row[i]) if i < len(row) else 0 for row in rows) for i in range(columns)]
    lines: list[str] = []
    for position, row in enumerate(rows):
        cells: list[str] = []
        for i, cell in enumerate(row):
            space = ' ' * (widths[i] - len(cell))
            if paint and i in paint and position:
                cell = paint[i](cell)
            cells.append(space + cell if i in right else cell + space)
        lines.append('  '.join(cells).rstrip())
    return '\n'.join(lines) + '\n'
