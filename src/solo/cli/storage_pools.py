"""``storage-pools``: where storage can lie."""

from __future__ import annotations

from typing import Any

from .. import flags, formats
from . import arguments, output, session, table

COMMAND = table.command(
    'storage-pools',
    '',
    """\
Beside these, any absolute path is a pool: its folders are persistent.""",
    *table.formats('tabular', 'json', 'yaml'),
    flags.Flag(('provider',), 'list', help='Only show pools of these provider types'),
    flags.Flag(('name',), 'list', help='Only show pools with these names'),
)


def run(session: session.Session) -> int:
    """Print the pools, as a table by default."""
    session.parsed.at_most(0)
    providers = arguments.comma_list(session.flags['provider'])
    wanted = arguments.comma_list(session.flags['name'])
    pools: dict[str, dict[str, Any]] = {
        name: pool
        for name, pool in session.ask('storage_pools').items()
        if (not providers or pool['provider'] in providers) and (not wanted or name in wanted)
    }
    if not pools:
        session.say('No storage pools to display.')
    elif session.flags['format'] != 'tabular':
        session.write(formats.text(pools, session.flags['format']))
    else:
        rows = [
            [
                name,
                pool['provider'],
                ' '.join(f'{key}={value}' for key, value in pool.get('attrs', {}).items()),
            ]
            for name, pool in sorted(pools.items())
        ]
        session.write(output.table([['Name', 'Provider', 'Attributes'], *rows]))
    return 0
