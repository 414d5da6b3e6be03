"""The network of a data directory's namespace machines: a bridge, a way out, and cut cables.

Each machine has a cable: a pair of interfaces, one end in the machine, the other in the bridge.
What is cut is dropped at the bridge, as if by a broken cable: nothing in the machine shows it.
All names derive from the data directory's, so that several never touch each other's.

Source: ip-link(8), veth(4), nft(8).
"""

from __future__ import annotations

import hashlib
import ipaddress
import json
import os
import subprocess
from collections.abc import Generator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from .. import errors
from . import forward, leases, provider, translate

_SYSTEM_PATH = '/usr/sbin:/usr/bin:/sbin:/bin'
_FORWARDING = Path('/proc/sys/net/ipv4/ip_forward')
_PREFIX = 22  # bits: 1,021 machines in each of 6,400 networks


class Names(NamedTuple):
    """What the kernel calls the parts of one data directory's network."""

    bridge: str
    table: str
    cable: str  # the beginning of each cable's name


def names(data: Path) -> Names:
    """Return the names, which are short: an interface's has at most 15 characters."""
    mark = hashlib.sha256(os.fsencode(data)).hexdigest()[:6]
    return Names(f'solo{mark}', f'solo_{mark}', f's{mark}-')


class Network:
    """The network of one data directory.

    Args:
        data: The data directory.
        table: Who has which addresses on this host.
    """

    def __init__(self, data: Path, table: leases.Leases) -> None:
        self._data = data
        self._leases = table
        self._names = names(data)

    def open(self) -> None:
        """Make the bridge and the way out; does nothing where they are."""
        subnet = self._subnet()
        bridge = self._names.bridge
        if not os.path.exists(f'/sys/class/net/{bridge}'):
            _run('ip', 'link', 'add', bridge, 'type', 'bridge')
        gateway = f'{next(subnet.hosts())}/{_PREFIX}'
        _run('ip', 'address', 'replace', gateway, 'dev', bridge)
        _run('ip', 'link', 'set', bridge, 'up')
        _run('nft', '-f', '-', text=way_out(self._names, str(subnet)))
        with self._leases.table() as table:
            if _FORWARDING.read_text().strip() == '0':
                table['ip_forward'] = '/:'  # ours to switch off again, when the last one goes
                _FORWARDING.write_text('1')

    def close(self) -> None:
        """Remove all that :meth:`open`, :meth:`plug` and :meth:`cut` made, and give it back."""
        for cable in _interfaces(self._names.cable):
            _run('ip', 'link', 'delete', cable, check=False)
        _run('ip', 'link', 'delete', self._names.bridge, check=False)
        for family, table in (('ip', ''), ('bridge', ''), ('ip', '_expose')):
            _run('nft', 'delete', 'table', family, f'{self._names.table}{table}', check=False)
        self._leases.free(f'{self._data}:')
        with self._leases.table() as table:
            if 'ip_forward' in table and not any('/' in leased for leased in table):
                _FORWARDING.write_text('0')
                del table['ip_forward']

    def address(self, key: str) -> str:
        """Lease the machine an address."""
        return self._leases.take(f'{self._data}:{key}', map(str, _machines(self._subnet())))

    def plug(self, address: str, init: int) -> None:
        """Give the machine its cable; does nothing if it has one.

        Args:
            address: The machine's.
            init: Its process 1.
        """
        subnet = self._subnet()
        cable = self._cable(address)
        inside = ('nsenter', f'--target={init}', '--net', '--')
        there = subprocess.run(
            [*inside, 'ip', '-json', 'address', 'show', 'dev', 'eth0', 'up'],
            env={'PATH': _SYSTEM_PATH},
            capture_output=True,
            text=True,
            check=False,
        ).stdout
        if not any('addr_info' in each for each in _rows(there)):
            self.unplug(address)
            _run(
                *('ip', 'link', 'add', cable, 'type', 'veth'),
                *('peer', 'name', 'eth0', 'address', mac(address), 'netns', str(init)),
            )
            _run(*inside, 'ip', 'link', 'set', 'lo', 'up')
            _run(*inside, 'ip', 'address', 'add', f'{address}/{_PREFIX}', 'dev', 'eth0')
            _run(*inside, 'ip', 'link', 'set', 'eth0', 'up')
        gateway = str(next(subnet.hosts()))
        _run(*inside, 'ip', 'route', 'replace', 'default', 'via', gateway)
        _run('ip', 'link', 'set', cable, 'master', self._names.bridge, 'up')

    def unplug(self, address: str) -> None:
        """Remove the machine's cable, which may go by itself with its namespace."""
        cable = self._cable(address)
        if os.path.exists(f'/sys/class/net/{cable}'):
            _run('ip', 'link', 'delete', cable, check=False)

    def give_back(self, key: str) -> None:
        """Give the machine's address back."""
        self._leases.free(f'{self._data}:{key}')

    def cut(self, cuts: Sequence[provider.Cut], addresses: Mapping[str, str]) -> None:
        """Make *cuts* all that is cut.

        Args:
            cuts: What doesn't get through.
            addresses: The addresses of the machines, by key.
        """
        cables = {key: self._cable(address) for key, address in addresses.items()}
        _run('nft', '-f', '-', text=broken(self._names, cuts, cables))

    def expose(self, rules: Sequence[forward.Rule]) -> None:
        """Send what comes to these ports of the host on to machines, and nothing else.

        Args:
            rules: The ports, of machines of this network.
        """
        table, bridge = f'{self._names.table}_expose', self._names.bridge
        if not os.path.exists(f'/sys/class/net/{bridge}'):
            return  # no machine, no table
        if not rules and not _run('nft', 'list', 'table', 'ip', table, check=False):
            return
        _run('nft', '-f', '-', text=translate.ruleset(table, bridge, str(self._subnet()), rules))
        if rules:  # for what comes from 127.0.0.1
            Path(f'/proc/sys/net/ipv4/conf/{bridge}/route_localnet').write_text('1')

    def _cable(self, address: str) -> str:
        number = int(ipaddress.ip_address(address)) & ((1 << (32 - _PREFIX)) - 1)
        return f'{self._names.cable}{number}'

    def _subnet(self) -> ipaddress.IPv4Network:
        leased = self._leases.take(f'{self._data}:', subnets(self._data), _routed())
        return ipaddress.IPv4Network(leased)


def way_out(names: Names, subnet: str) -> str:
    """Return the rules by which machines reach the world under the host's address."""
    return f"""\
table ip {names.table}
delete table ip {names.table}
table ip {names.table} {{
    chain postrouting {{
        type nat hook postrouting priority srcnat; policy accept;
        ip saddr {subnet} oifname != "{names.bridge}" masquerade
    }}
}}
"""


def broken(names: Names, cuts: Sequence[provider.Cut], cables: Mapping[str, str]) -> str:
    """Return the rules that drop what is cut, for the bridge; they replace those from before.

    Args:
        names: What the parts are called.
        cuts: What doesn't get through.
        cables: Each machine's interface in the bridge, by key.
    """
    rules = [rule for cut in cuts if cut.key in cables for rule in _rules(cut, cables)]
    chains = [
        f'    chain {hook} {{\n'
        f'        type filter hook {hook} priority filter; policy accept;\n'
        + ''.join(f'        {rule}\n' for where, rule in rules if where == hook)
        + '    }\n'
        for hook in ('input', 'forward', 'output')
    ]
    body = ''.join(chains) if rules else ''
    return f'table bridge {names.table}\ndelete table bridge {names.table}\n' + (
        f'table bridge {names.table} {{\n{body}}}\n' if rules else ''
    )


def mac(address: str) -> str:
    """Return the hardware address of the machine's interface: the same after every boot."""
    return '02:50:' + ':'.join(f'{int(part):02x}' for part in address.split('.'))


def _rules(cut: provider.Cut, cables: Mapping[str, str]) -> Generator[tuple[str, str], None, None]:
    """Yield a hook and a rule for each way that *cut* closes.

    With a port or one way only, ARP gets through: else a machine could not even send.
    """
    own = cables[cut.key]
    match = ''
    if cut.port is not None:
        match = (
            f' meta l4proto {{ tcp, udp }} th dport {cut.port} drop',
            f' meta l4proto {{ tcp, udp }} th sport {cut.port} drop',
        )
    elif cut.one_way:
        match = (' ether type != arp drop',)
    else:
        match = (' drop',)
    if cut.other:
        other = cables.get(cut.other)
        if other is None:
            return
        ways = [('forward', f'iifname "{other}" oifname "{own}"')]
        if not cut.one_way:
            ways.append(('forward', f'iifname "{own}" oifname "{other}"'))
    else:
        ways = [(hook, f'oifname "{own}"') for hook in ('forward', 'output')]
        if not cut.one_way:
            ways += [(hook, f'iifname "{own}"') for hook in ('input', 'forward')]
    for hook, way in ways:
        for what in match:
            yield hook, way + what


def _machines(subnet: ipaddress.IPv4Network) -> Generator[ipaddress.IPv4Address, None, None]:
    hosts = subnet.hosts()
    next(hosts)  # the bridge's own
    yield from hosts


def subnets(data: Path) -> Generator[str, None, None]:
    """Yield the networks to lease, 10.100.0.0 to 10.199.255.255, each from a place of its own."""
    each = 256 // (1 << (24 - _PREFIX))
    count = 100 * each
    first = int(hashlib.sha256(os.fsencode(data)).hexdigest(), 16) % count
    for number in range(first, first + count):
        second, third = divmod(number % count, each)
        yield f'10.{100 + second}.{third << (24 - _PREFIX)}.0/{_PREFIX}'


def _routed() -> set[str]:
    """Return the networks to lease that this host has routes into."""
    shown = _run('ip', '-json', '-4', 'route', 'show', 'table', 'all')
    found: set[str] = set()
    for row in _rows(shown):
        with_default = str(row.get('dst', 'default'))
        if with_default == 'default':
            continue
        route = ipaddress.ip_network(with_default, strict=False)
        if route.prefixlen >= _PREFIX:
            found.add(str(route.supernet(new_prefix=_PREFIX)))
        elif route.prefixlen >= 8 and str(route.network_address).startswith('10.'):
            found.update(str(part) for part in route.subnets(new_prefix=_PREFIX))
    return found


def _interfaces(beginning: str) -> list[str]:
    return [name for name in os.listdir('/sys/class/net') if name.startswith(beginning)]


def _rows(text: str) -> list[dict[str, Any]]:
    return [row for row in json.loads(text or '[]') if row]


def _run(*argv: str, text: str = '', check: bool = True) -> str:
    done = subprocess.run(
        argv,
        input=text,
        env={'PATH': _SYSTEM_PATH},
        capture_output=True,
        text=True,
        check=False,
    )
    if check and done.returncode:
        raise errors.Error(
            f'cannot set up the network of machines: {" ".join(argv)}: {done.stderr.strip()}'
        )
    return done.stdout
