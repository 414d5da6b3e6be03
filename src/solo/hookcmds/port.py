"""open-port, close-port and opened-ports.

Source: juju: internal/worker/uniter/runner/jujuc/ports.go, opened-ports.go,
juju: core/network/portrange.go, internal/worker/uniter/runner/context/ports.go.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal

from .. import errors, model
from .call import Call
from .context import Context

_RANGE = re.compile(r'^(-?\d+)(?:-(\d+))?$')


def open_(context: Context, call: Call) -> None:
    """Ask for a port to be opened when the hook succeeds."""
    _change(context, call, 'open')


def close(context: Context, call: Call) -> None:
    """Ask for a port to be closed when the hook succeeds."""
    _change(context, call, 'close')


def opened(context: Context, call: Call) -> None:
    """Print the ports that were open when the hook began."""
    call.parsed.at_most(0)
    ranges: dict[model.PortRange, set[str]] = {}
    for endpoint, ports in _at_start(context).get(context.unit.name, {}).items():
        for port in ports:
            ranges.setdefault(port, set()).add(endpoint)
    ordered = sorted(ranges, key=lambda port: (port.protocol, port.first, port.last))
    if not call.flags['endpoints']:
        call.print([str(port) for port in ordered])
        return
    call.print(
        [
            f'{port} ({"*" if "" in ranges[port] else ", ".join(sorted(ranges[port]))})'
            for port in ordered
        ]
    )


def parse(text: str) -> model.PortRange:
    """Return the port range that *text* names: ``80``, ``80/tcp``, ``8000-8100/udp``, ``icmp``.

    Raises:
        UsageError: In Juju's words.
    """
    ports, slash, protocol = text.lower().partition('/')
    if ports == 'icmp':
        if slash:
            raise errors.UsageError('protocol "icmp" doesn\'t support any ports')
        return model.PortRange(-1, -1, 'icmp')
    protocol = protocol if slash else 'tcp'
    if protocol == 'icmp':
        raise errors.UsageError('protocol "icmp" doesn\'t support any ports')
    if protocol not in ('tcp', 'udp'):
        raise errors.UsageError(f'invalid protocol "{protocol}", expected "tcp", "udp", or "icmp"')
    found = _RANGE.match(ports)
    if found is None:
        raise errors.UsageError(f'invalid port or range "{text}"; expected <port>[-<port>]')
    first = int(found[1])
    last = int(found[2]) if found[2] else first
    if not 0 <= first <= 65535 or not 0 <= last <= 65535:
        raise errors.UsageError(
            f'port range bounds must be between 0 and 65535, got {first}-{last}'
        )
    if first > last:
        raise errors.UsageError(f'invalid port range {first}-{last}/{protocol}')
    return model.PortRange(first, last, protocol)


def _change(context: Context, call: Call, action: Literal['open', 'close']) -> None:
    if not call.args:
        raise errors.UsageError('no port or range specified')
    (text,) = call.parsed.at_most(1)
    ports = parse(text)
    endpoints = tuple(
        name.strip()
        for name in call.flags['endpoints'].split(',')
        if name.strip() not in ('', '*')
    )
    known = context.api.endpoints(context.id)
    for endpoint in endpoints:
        if endpoint not in known:
            raise errors.Error(f'endpoint "{endpoint}" not found', 'not found')
    _refuse_conflict(context, action, ports)
    context.ports.append(model.PortChange(action, ports, endpoints))


def _at_start(context: Context) -> Mapping[str, Mapping[str, tuple[model.PortRange, ...]]]:
    """Return what was open on the machine when the hook first asked, by unit and endpoint."""
    return context.once('ports', lambda: context.api.machine_ports(context.id))


def _opened(context: Context) -> dict[str, set[model.PortRange]]:
    """Return the unit's ports with its pending changes, by endpoint; ``''`` is all endpoints."""
    committed = _at_start(context).get(context.unit.name, {})
    found = {endpoint: set(ranges) for endpoint, ranges in committed.items()}
    for change in context.ports:
        for endpoint in change.endpoints or ('',):
            ranges = found.setdefault(endpoint, set())
            if change.action == 'open':
                ranges.add(change.ports)
            else:
                ranges.discard(change.ports)
    return found


def _refuse_conflict(context: Context, action: str, wanted: model.PortRange) -> None:
    """Refuse a range that overlaps another: of another unit, or one of its own but that one.

    Raises:
        Error: In Juju's words.
    """
    name, committed = context.unit.name, _at_start(context)
    everywhere = {
        **committed,
        name: {'': {each for of in _opened(context).values() for each in of}},
    }
    for unit, by_endpoint in everywhere.items():
        for taken in {each for ranges in by_endpoint.values() for each in ranges}:
            if not wanted.overlaps(taken) or (unit == name and taken == wanted):
                continue
            known = {each for ranges in committed.get(unit, {}).values() for each in ranges}
            earlier = '' if taken in known else ' requested earlier'
            raise errors.Error(
                f'cannot {action} {wanted} (unit "{name}"): '
                f'port range conflicts with {taken} (unit "{unit}"){earlier}'
            )
