"""``status`` in few words: one line per unit, or a summary of figures.

Source: juju: cmd/juju/status/output_oneline.go, output_summary.go.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from .. import names
from . import status_tabular

Json = dict[str, Any]


def oneline(status: Json) -> str:
    """Return one line per unit: ``- pg/0: 127.0.0.2 (agent:idle, workload:active) 5432/tcp``."""
    lines: list[str] = ['']
    for name, unit, depth in status_tabular.walk(status['applications']):
        ports = status_tabular.ports(unit.get('open-ports', ()))
        lines.append(
            f'{"  " * depth}- {name}: {unit.get("public-address", "")} '
            f'(agent:{unit["juju-status"].get("current", "")}, '
            f'workload:{unit["workload-status"].get("current", "")}) {ports}'.rstrip()
        )
    return '\n'.join(lines) + '\n'


def summary(status: Json) -> str:
    """Return how many machines, units and applications there are, by their states."""
    units = [unit for _, unit, _ in status_tabular.walk(status['applications'])]
    addresses = [each.get('public-address', '') for each in units]
    addresses += [each.get('dns-name', '') for each in status['machines'].values()]
    opened = sorted({port for each in units for port in each.get('open-ports', ())})
    machines = Counter(m['juju-status'].get('current', '') for m in status['machines'].values())
    states = Counter(unit['workload-status'].get('current', '') for unit in units)
    applications = status['applications']
    exposed = [
        (name, f'{int(applications[name]["exposed"])}/1  exposed')
        for name in sorted(applications, key=names.natural)
    ]
    return (
        f'Running on subnets:  {", ".join(_subnets(addresses))}\n'
        f' Utilizing ports:    {", ".join(opened)}\n\n'
        + _block('# Machines:', len(status['machines']), _counts(machines))
        + _block('# Units:', len(units), _counts(states))
        + _block('# Applications:', len(applications), exposed)
        + _block('# Remote:', 0, [])
    )


def _subnets(addresses: list[str]) -> list[str]:
    """Return the classful networks of the addresses, each once, as Go's DefaultMask has them."""
    import ipaddress

    found: list[str] = []
    for address in addresses:
        try:
            first = ipaddress.IPv4Address(address).packed[0]
        except ValueError:
            continue
        bits = 8 if first < 128 else 16 if first < 192 else 24
        network = str(ipaddress.ip_network(f'{address}/{bits}', strict=False))
        if network not in found:
            found.append(network)
    return found


def _counts(counter: Counter[str]) -> list[tuple[str, str]]:
    return [(f'{state}:', str(count)) for state, count in sorted(counter.items())]


def _block(title: str, total: int, rows: list[tuple[str, str]]) -> str:
    lines = [(title, f'({total})'), *rows]
    return ''.join(f'{left:>20}  {right}\n' for left, right in lines) + '\n'
