"""``find-offers``: what could be consumed.

Source: juju: cmd/juju/crossmodel/find.go, findformatter.go.
"""

from __future__ import annotations

import re
from typing import Any

from .. import errors, flags, folders, formats, juju
from . import arguments, output, session, table

COMMAND = table.command(
    'find-offers',
    '[<controller>:][<user>/]<model>[.<offer>]',
    '',
    flags.Flag(('url',), help='Return results matching the offer URL'),
    flags.Flag(('interface',), help='Return results matching the interface name'),
    flags.Flag(('offer',), help='Return results matching the offer name'),
    *table.formats('tabular', 'yaml', 'json'),
    model=False,
)
_URL = re.compile(r'^(?:([^:/.]+):)?/?(?:(?:([^:/.]+)/)?([^:/.]+)(?:\.([^:/.]+))?)?$')


def run(session: session.Session) -> int:
    """Print the offers that match.

    Raises:
        Error: ``no matching application offers found``.
    """
    given, *_ = session.parsed.at_most(1)
    url, offer = session.flags['url'], session.flags['offer']
    if url and offer:
        raise errors.UsageError('cannot specify both a URL term and offer term')
    if url and given:
        raise errors.UsageError('URL term cannot be specified twice')
    parts = _URL.match(url or given)
    if parts is None:
        raise errors.Error(
            'application offer URL has invalid form, must be [<user/]<model>.<appname>: '
            f'"{url or given}"'
        )
    arguments.check_controller(parts[1] or '')
    wanted = session.flags['interface']
    found: list[dict[str, Any]] = [
        each
        for each in session.call('offers', everywhere=True, of=parts[3] or '')
        if (offer or parts[4]) in (None, '', each['name'])
        and parts[2] in (None, juju.USER)
        and (not wanted or wanted in [end['interface'] for end in each['endpoints'].values()])
    ]
    if not found:
        raise errors.Error('no matching application offers found')
    if session.flags['format'] == 'tabular':
        rows = [['Store', 'URL', 'Access', 'Interfaces']]
        for each in found:
            ends = sorted(f'{end["interface"]}:{name}' for name, end in each['endpoints'].items())
            rows.append([folders.controller_name(), each['url'], 'admin', ', '.join(ends)])
        session.write(output.table(rows))
        return 0
    shown = {f'{folders.controller_name()}:{each["url"]}': about(each) for each in found}
    session.write(formats.text(shown, session.flags['format']))
    return 0


def about(offer: dict[str, Any]) -> dict[str, Any]:
    """Return what is printed of an offer to who may consume it."""
    return {
        'access': 'admin',
        'endpoints': offer['endpoints'],
        'users': {juju.USER: {'display-name': juju.USER, 'access': 'admin'}},
    }
