"""``attach-storage``: give a unit storage that nobody has."""

from __future__ import annotations

from .. import errors, names
from . import each, session, table

COMMAND = table.command(
    'attach-storage',
    '<unit> <storage> [<storage> ...]',
)


def run(session: session.Session) -> int:
    """Ask for it, and say what is being attached."""
    if len(session.args) < 2:
        raise errors.UsageError('attach-storage requires a unit ID and at least one storage ID')
    unit, *storage = session.args
    if not names.is_unit(unit):
        raise errors.UsageError(f'unit name "{unit}" not valid')
    result = session.ask('attach_storage', unit=unit, storage=storage)
    return each.show(
        session,
        result,
        f'attaching {{name}} to {unit}',
        f'failed to attach {{name}} to {unit}: {{error}}',
    )
