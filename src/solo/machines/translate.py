"""``expose`` in the kernel: rules that send what comes to the host's ports on to machines.

Packets keep their source, except where the answer would not find its way back: what comes from
127.0.0.1, and from another machine of the same bridge.

Source: nft(8); the kernel's Documentation/networking/ip-sysctl.rst (route_localnet).
"""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence

from . import forward

# The host's own addresses; of 127.0.0.0/8 only one, since the others may be somebody's machine.
_HOST = 'fib daddr type local ip daddr != 127.0.0.0/8'
_LOCALHOST = 'ip daddr 127.0.0.1'
_LOOP = 'ip daddr 127.0.0.0/8'


def ruleset(table: str, bridge: str, subnet: str, rules: Sequence[forward.Rule]) -> str:
    """Return what nft is to read; it replaces what was there, and open sessions go on.

    A session whose rule is gone, or that comes from a network which may no more, is cut: with a
    reset, except on this host itself, where the kernel has no way for one.

    Args:
        table: The name of the table.
        bridge: The machines' bridge.
        subnet: Their network.
        rules: What is exposed; without any the table only resets what was.
    """
    sends = [line for rule in rules for line in _send(rule)]
    allows = [line for rule in rules for line in _allow(rule)]
    allows += ['meta l4proto tcp reject with tcp reset', 'drop']
    ours = f'ct status dnat ct reply ip saddr {subnet} jump allowed'
    chains = {
        # What comes over a bridge for 127.0.0.1 is a machine's trick: route_localnet lets it in.
        'raw': ('filter hook prerouting priority raw', [f'iifname "{bridge}" {_LOOP} drop']),
        'incoming': ('nat hook prerouting priority dstnat', [f'{_HOST} jump send']),
        'own': (
            'nat hook output priority -100',
            [f'{_HOST} jump send', f'{_LOCALHOST} jump send'],
        ),
        'back': (
            'nat hook postrouting priority srcnat',
            [
                f'oifname "{bridge}" ct status dnat ip saddr {source} masquerade'
                for source in ('127.0.0.0/8', subnet)
            ],
        ),
        **{
            hook: (f'filter hook {hook} priority filter', [ours])
            for hook in ('input', 'forward', 'output')
        },
    }
    begin = [f'table ip {table}', f'delete table ip {table}', f'table ip {table} {{']
    text = [*begin, *_chain('send', sends), *_chain('allowed', allows)]
    for name, (hook, lines) in chains.items():
        text += _chain(name, [f'type {hook}; policy accept;', *lines])
    return '\n'.join([*text, '}', ''])


def _chain(name: str, lines: Sequence[str]) -> list[str]:
    return [f'    chain {name} {{', *(f'        {line}' for line in lines), '    }']


def _send(rule: forward.Rule) -> list[str]:
    lines: list[str] = []
    for route in _routes(rule):
        targets = route.addresses
        target = targets[0]
        if len(targets) > 1:
            numbered = ', '.join(f'{number} : {each}' for number, each in enumerate(targets))
            target = f'numgen inc mod {len(targets)} map {{ {numbered} }}'
        port = f'{rule.protocol} dport {rule.port}'
        lines.append(f'{port} ip saddr {route.cidr} dnat to {target}')
    return lines


def _allow(rule: forward.Rule) -> list[str]:
    port = f'meta l4proto {rule.protocol} ct original proto-dst {rule.port}'
    return [
        f'{port} ct original ip saddr {route.cidr}'
        f' ct reply ip saddr {{ {", ".join(route.addresses)} }} accept'
        for route in _routes(rule)
    ]


def _routes(rule: forward.Rule) -> list[forward.Route]:
    """Return the routes of IPv4 networks: machines have no other addresses."""
    return [each for each in rule.routes if ipaddress.ip_network(each.cidr).version == 4]
