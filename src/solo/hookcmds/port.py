"""open-port, close-port and opened-ports.

Source: juju: internal/worker/uniter/runner/jujuc/ports.go, opened-ports.go,
juju: core/network/portrange.go.
"""

from __future__ import annotations

import re
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
    by_endpoint = context.once('ports', lambda: dict(context.api.opened_ports(context.id)))
    ranges: dict[model.PortRange, set[str]] = {}
    for endpoint, ports in by_endpoint.items():
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
    context.ports.append(model.PortChange(action, ports, endpoints))
