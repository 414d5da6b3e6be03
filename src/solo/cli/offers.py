"""``offers``: what the model offers, and who is related to it.

Source: juju: cmd/juju/crossmodel/list.go, listformatter.go.
"""

from __future__ import annotations

from typing import Any

from .. import flags, folders, formats, juju
from . import output, session, table

COMMAND = table.command(
    'offers',
    '[<offer name>]',
    '',
    flags.Flag(('application',), help='Return results matching the application'),
    flags.Flag(('interface',), help='Return results matching the interface name'),
    flags.Flag(('connected-user',), help='Return results where the user has a connection'),
    flags.Flag(('allowed-consumer',), help='Return results where the user is allowed to consume'),
    flags.Flag(('active-only',), 'bool', help='Only return results where the offer is in use'),
    table.UTC,
    *table.formats('tabular', 'summary', 'yaml', 'json'),
)
Json = dict[str, Any]


def run(session: session.Session) -> int:
    """Print the offers of the model; nothing if there are none."""
    name, *_ = session.parsed.at_most(1)
    asked = session.flags
    found: list[Json] = [
        each
        for each in session.ask('offers', utc=asked['utc'])
        if (not name or each['name'] == name) and _matches(each, asked)
    ]
    if not found:
        return 0
    if asked['format'] in ('tabular', 'summary'):
        session.write(_tabular(found) if asked['format'] == 'tabular' else _summary(found))
    else:
        shown = {each['name']: _shown(each) for each in found}
        session.write(formats.text(shown, asked['format']))
    return 0


def _matches(offer: Json, asked: Any) -> bool:
    interfaces = [each['interface'] for each in offer['endpoints'].values()]
    users = (asked['connected-user'], asked['allowed-consumer'])
    return (
        asked['application'] in ('', offer['application'])
        and (not asked['interface'] or asked['interface'] in interfaces)
        and all(user in ('', juju.USER) for user in users)
        and bool(offer['connections'] or not (asked['active-only'] or asked['connected-user']))
    )


def _shown(offer: Json) -> Json:
    found: Json = {
        'application': offer['application'],
        'store': folders.controller_name(),
        'charm': offer['charm'],
        'offer-url': offer['url'],
        'endpoints': offer['endpoints'],
        'connections': offer['connections'],
        'users': {juju.USER: {'display-name': juju.USER, 'access': 'admin'}},
    }
    return {key: each for key, each in found.items() if each}


def _tabular(found: list[Json]) -> str:
    last = ('Endpoint', 'Interface', 'Role', 'Ingress subnets')
    rows = [['Offer', 'User', 'Relation ID', 'Status', *last]]
    for offer in found:
        if not offer['connections']:
            rows.append([offer['name'], '-'])
        for index, each in enumerate(offer['connections']):
            endpoint = offer['endpoints'].get(each['endpoint'], {})
            rows.append(
                [
                    '' if index else offer['name'],
                    each['username'],
                    str(each['relation-id']),
                    each['status']['current'],
                    each['endpoint'],
                    endpoint.get('interface', ''),
                    endpoint.get('role', ''),
                ]
            )
    return output.table(rows)


def _summary(found: list[Json]) -> str:
    last = ('Endpoint', 'Interface', 'Role')
    rows = [['Offer', 'Application', 'Charm', 'Connected', 'Store', 'URL', *last]]
    for offer in found:
        states = [each['status']['current'] for each in offer['connections']]
        about = [
            *(offer[key] for key in ('name', 'application', 'charm')),
            f'{states.count("joined")}/{len(states)}',
            folders.controller_name(),
            offer['url'],
        ]
        for index, (name, each) in enumerate(sorted(offer['endpoints'].items())):
            rows.append(
                [*([''] * len(about) if index else about), name, each['interface'], each['role']]
            )
    return output.table(rows)
