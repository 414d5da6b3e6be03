"""What ``show-task`` and ``show-operation`` share: wait for an end, or look at once."""

from __future__ import annotations

from .. import errors, flags
from . import arguments

OPTIONS = (
    flags.Flag(('wait',), help='Wait for results, such as 5s or 1h'),
    flags.Flag(('watch',), 'bool', help='Wait indefinitely for results'),
)


def timeout(parsed: flags.Parsed) -> float | None:
    """Return for how many seconds to wait: 0 not at all, None for ever.

    Raises:
        UsageError: If both flags were given, or it is no duration.
    """
    if parsed.flags['watch']:
        if parsed.flags['wait']:
            raise errors.UsageError('specify either --watch or --wait but not both')
        return None
    seconds = arguments.seconds(parsed, 'wait', -1.0)
    return None if seconds == 0 else max(seconds, 0.0)


def number(text: str, what: str) -> int:
    """Return the number of a task or an operation.

    Raises:
        UsageError: ``no task ID specified`` or ``task ID "x" not valid``.
    """
    if not text:
        raise errors.UsageError(f'no {what} ID specified')
    if not text.isdigit():
        raise errors.UsageError(f'{what} ID "{text}" not valid')
    return int(text)
