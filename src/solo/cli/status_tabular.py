"""``status`` as tables: what an operator looks at.

Source: juju: cmd/juju/status/output_tabular.go.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from .. import names
from . import output

Json = dict[str, Any]

_VERSION_WIDTH, _MESSAGE_WIDTH = 15, 120
_DOING = re.compile(r'^running (?:action (?P<action>\S+)|(?P<hook>\S+) hook)')
_PORTS = re.compile(r'^(\d+)(?:-(\d+))?/(\w+)$')


def text(
    status: Json, *, relations: bool = False, storage: bool = False, color: bool = False
) -> str:
    """Return the tables of *status*, separated by blank lines.

    Args:
        status: What the controller's ``status`` answered.
        relations: Whether to show the relations too.
        storage: Whether to show the storage too.
        color: Whether to colour it.
    """
    model = status['model']
    sections = [_header(model, status.get('controller', {}))]
    if status.get('application-endpoints'):
        sections.append(_saas(status['application-endpoints'], color))
    if status['applications']:
        sections.append(_applications(status['applications'], color))
        units = _units(status['applications'], color)
        if units:
            sections.append(units)
    if status['machines']:
        sections.append(machines_text(status['machines'], color))
    if status.get('offers'):
        sections.append(_offers(status['offers']))
    if relations and status.get('_relations'):
        sections.append(_relations(status['_relations'], color))
    if storage and status.get('storage'):
        sections.append(storage_text(status['storage'], color))
    return '\n'.join(sections)


def walk(applications: Json) -> Iterator[tuple[str, Json, int]]:
    """Yield every unit with its name and depth: subordinates after their principal."""
    units = {name: unit for each in applications.values() for name, unit in _items(each)}
    for name in sorted(units, key=names.natural):
        yield name, units[name], 0
        below: Json = units[name].get('subordinates', {})
        for inner in sorted(below, key=names.natural):
            yield inner, below[inner], 1


def _items(application: Json) -> Iterator[tuple[str, Json]]:
    yield from application.get('units', {}).items()


def ports(opened: Sequence[str]) -> str:
    """Return opened ports in short: ``80,443/tcp``, runs as ``80-82/tcp``."""
    spans: dict[str, list[list[int]]] = {}
    other: list[str] = []
    for port in opened:
        found = _PORTS.match(port)
        if found is None:
            other.append(port)
            continue
        first, last = int(found[1]), int(found[2] or found[1])
        merged = spans.setdefault(found[3], [])
        if merged and first <= merged[-1][1] + 1:
            merged[-1][1] = max(last, merged[-1][1])
        else:
            merged.append([first, last])
    shown = [
        ','.join(str(a) if a == b else f'{a}-{b}' for a, b in merged) + f'/{protocol}'
        for protocol, merged in spans.items()
    ]
    return ' '.join(sorted([*other, *shown]))


def message(unit: Mapping[str, Any]) -> str:
    """Return a unit's message, with the hook or action that runs in front: ``(install) text``."""
    info, agent = unit['workload-status'], unit['juju-status']
    said = str(info.get('message', ''))
    if agent.get('current') == 'allocating' and not said:
        said = str(agent.get('message', ''))
    found = _DOING.match(agent.get('message', '')) if agent.get('current') == 'executing' else None
    if found:
        said = f'({found["action"] or found["hook"]}) {said}'
    return _cut(said, _MESSAGE_WIDTH)


def scale(application: Json) -> str:
    """Return ``2``, or ``1/2`` when fewer units than there are have a working agent."""
    units = [unit for _, unit in _items(application)]
    working = [u for u in units if u['juju-status'].get('current') in ('idle', 'executing')]
    return str(len(units)) if len(working) == len(units) else f'{len(working)}/{len(units)}'


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 3] + '...'


def _header(model: Json, controller: Json) -> str:
    cells = {
        'Model': model['name'],
        'Controller': model['controller'],
        'Cloud/Region': '/'.join(filter(None, (model['cloud'], model.get('region')))),
        'Version': model['version'],
        'SLA': model.get('sla', ''),
        'Timestamp': controller.get('timestamp', ''),
        'Notes': model.get('model-status', {}).get('message', ''),
    }
    shown = {key: value for key, value in cells.items() if value}
    return output.table([list(shown), list(shown.values())])


def _applications(applications: Json, color: bool) -> str:
    rows = [['App', 'Version', 'Status', 'Scale', 'Charm', 'Channel', 'Rev', 'Exposed', 'Message']]
    for name in sorted(applications, key=names.natural):
        each = applications[name]
        info = each['application-status']
        rows.append(
            [
                name,
                _cut(each.get('version', '').partition('\n')[0], _VERSION_WIDTH),
                info.get('current', ''),
                _scale_of(name, each, applications),
                each['charm-name'],
                each.get('charm-channel', ''),
                str(each['charm-rev']),
                'yes' if each['exposed'] else 'no',
                _cut(info.get('message', ''), _MESSAGE_WIDTH),
            ]
        )
    return output.table(rows, right=(3, 6), paint={2: output.status} if color else None)


def _scale_of(name: str, application: Json, applications: Json) -> str:
    """Return the scale, for a subordinate counted below its principals."""
    if not application.get('subordinate-to'):
        return scale(application)
    units = {
        inner: unit
        for inner, unit, depth in walk(applications)
        if depth and names.unit(inner).application == name
    }
    return scale({'units': units})


def _units(applications: Json, color: bool) -> str:
    rows = [['Unit', 'Workload', 'Agent', 'Machine', 'Public address', 'Ports', 'Message']]
    for name, unit, depth in walk(applications):
        rows.append(
            [
                f'{"  " * depth}{name}{"*" if unit.get("leader") else ""}',
                unit['workload-status'].get('current', ''),
                unit['juju-status'].get('current', ''),
                unit.get('machine', ''),
                unit.get('public-address', ''),
                ports(unit.get('open-ports', ())),
                message(unit),
            ]
        )
    paint = {1: output.status, 2: output.status, 5: output.number} if color else None
    return output.table(rows, paint=paint) if len(rows) > 1 else ''


def _saas(consumed: Json, color: bool) -> str:
    rows = [['SAAS', 'Status', 'Store', 'URL']]
    for name in sorted(consumed, key=names.natural):
        store, _, url = consumed[name]['url'].partition(':')
        rows.append([name, consumed[name]['application-status'].get('current', ''), store, url])
    return output.table(rows, paint={1: output.status} if color else None)


def _offers(offers: Json) -> str:
    rows = [['Offer', 'Application', 'Charm', 'Rev', 'Connected', 'Endpoint', 'Interface', 'Role']]
    for name in sorted(offers, key=names.natural):
        each = offers[name]
        charm, _, revision = each['charm'].removeprefix('local:').rpartition('-')
        count = f'{each.get("active-connected-count", 0)}/{each.get("total-connected-count", 0)}'
        about = [name, each['application'], charm, revision, count]
        for endpoint, end in sorted(each['endpoints'].items()):
            rows.append([*about, endpoint, end['interface'], end['role']])
            about = [''] * len(about)
    return output.table(rows)


def machines_text(machines: Json, color: bool) -> str:
    """Return the table of machines, as ``machines`` prints it too."""
    rows = [['Machine', 'State', 'Address', 'Inst id', 'Base', 'AZ', 'Message']]
    for name in sorted(machines, key=names.natural):
        each = machines[name]
        base = each.get('base')
        rows.append(
            [
                name,
                each['juju-status'].get('current', ''),
                each.get('dns-name', ''),
                each.get('instance-id', ''),
                f'{base["name"]}@{base["channel"]}' if base else '',
                '',
                _cut(each.get('machine-status', {}).get('message', ''), _MESSAGE_WIDTH),
            ]
        )
    return output.table(rows, paint={1: output.status} if color else None)


def _relations(relations: Sequence[Json], color: bool) -> str:
    rows = [['Integration provider', 'Requirer', 'Interface', 'Type', 'Message']]
    for each in sorted(relations, key=lambda each: (each['provider'], each['requirer'])):
        state = ' - '.join(
            filter(
                None, ('' if each['status'] == 'joined' else each['status'], each.get('message'))
            )
        )
        rows.append([*(each[key] for key in ('provider', 'requirer', 'interface', 'type')), state])
    return output.table(rows, paint={4: output.status} if color else None)


def storage_text(storage: Json, color: bool) -> str:
    """Return the table of storage instances, as ``storage`` prints it too."""
    sizes = {each['storage']: each for each in storage.get('filesystems', {}).values()}
    rows = [['Unit', 'Storage ID', 'Type', 'Pool', 'Size', 'Status', 'Message']]
    for name in sorted(storage['storage'], key=names.natural):
        each = storage['storage'][name]
        size = sizes.get(name, {})
        shown = [
            name,
            each['kind'],
            size.get('pool', ''),
            _size(size.get('size', 0)),
            each['status'].get('current', ''),
            each['status'].get('message', ''),
        ]
        rows += [[unit, *shown] for unit in each.get('attachments', {}).get('units') or ('',)]
    return output.table(rows, paint={5: output.status} if color else None)


def filesystems_text(filesystems: Json) -> str:
    """Return the table of ``storage --filesystem``. Source: juju: cmd/juju/storage/."""
    heads = ['Machine', 'Unit', 'Storage ID', 'ID', 'Provider ID', 'Mountpoint', 'Size', 'State']
    rows = [[*heads, 'Message']]
    for id in sorted(filesystems, key=names.natural):
        each: Json = filesystems[id]
        held: Json = each.get('attachments', {})
        machines: Json = held.get('machines', {})
        for machine in sorted(machines, key=names.natural) or ['']:
            place = machines.get(machine, {}).get('mount-point', '')
            unit = next(iter(held.get('units', {})), '')
            about = [machine, unit, each.get('storage', ''), id, each.get('provider-id', '')]
            size = _size(each.get('size', 0))
            rows.append([*about, place, size, each['status'].get('current', ''), ''])
    return output.table(rows)


def _size(mebibytes: int) -> str:
    if not mebibytes:
        return ''
    for unit, factor in (('TiB', 1024 * 1024), ('GiB', 1024)):
        if mebibytes >= factor:
            return f'{mebibytes / factor:.1f} {unit}'.replace('.0 ', ' ')
    return f'{mebibytes} MiB'
