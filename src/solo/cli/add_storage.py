"""``add-storage``: more storage for a unit that is there."""

from __future__ import annotations

from .. import errors, names
from . import arguments, session, table

COMMAND = table.command(
    'add-storage',
    '<unit> <storage-directive> ...',
    """\
A directive is name[=[pool,][count,][size]]: data, data=10G, data=2,tmpfs,100M. A pool is one of
"solo storage-pools", or a path: data=/srv/fast,10G.""",
)


def run(session: session.Session) -> int:
    """Ask for the storage, and say what was added."""
    if len(session.args) < 2:
        raise errors.UsageError('add-storage requires a unit and a storage directive')
    unit, *directives = session.args
    if not names.is_unit(unit):
        raise errors.UsageError(f'unit name "{unit}" not valid')
    wanted: dict[str, str] = {}
    for text in directives:
        name, value = arguments.pair(text) if '=' in text else (text, '')
        if name in wanted:
            raise errors.UsageError(f'storage "{name}" specified more than once')
        wanted[name] = value
    result = session.ask('add_storage', unit=unit, storage=wanted)
    for each in result['done']:
        for storage in each['result']:
            session.say(f'added storage {storage} to {unit}')
    for each in result['failed']:
        session.say(f'failed to add storage "{each["name"]}" to {unit}: {each["error"]}')
    return 1 if result['failed'] else 0
