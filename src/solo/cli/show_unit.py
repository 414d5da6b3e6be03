"""``show-unit``: all about a unit, with the bags of its relations."""

from __future__ import annotations

from typing import Any

from .. import errors, flags, formats, names
from . import session, table

COMMAND = table.command(
    'show-unit',
    '<unit name> [...]',
    '',
    *table.formats('yaml', 'json', 'smart'),
    flags.Flag(('app',), 'bool', help='Only show application relation data'),
    flags.Flag(('endpoint',), help='Only show relation data for the specified endpoint'),
    flags.Flag(('related-unit',), help='Only show relation data for the specified unit'),
)


def run(session: session.Session) -> int:
    """Print the facts about the units."""
    if not session.args:
        raise errors.UsageError('a unit name must be supplied')
    units = [str(names.unit(text)) for text in session.args]
    found: dict[str, Any] = {}
    for unit in units:
        found.update(session.ask('show_unit', unit=unit))
    for each in found.values():
        _narrow(each, session)
    session.write(formats.text(found, session.flags['format']))
    return 0


def _narrow(unit: dict[str, Any], session: session.Session) -> None:
    """Leave out of *unit* what the flags don't ask for."""
    endpoint, related = session.flags['endpoint'], session.flags['related-unit']
    relations: list[dict[str, Any]] = unit.get('relation-info', [])
    if endpoint:
        relations = [each for each in relations if each['endpoint'] == endpoint]
    for each in relations:
        if session.flags['app']:
            each.pop('local-unit', None)
            each.pop('related-units', None)
        elif related:
            units = each.get('related-units', {})
            each['related-units'] = {key: units[key] for key in units if key == related}
    if 'relation-info' in unit:
        unit['relation-info'] = relations
