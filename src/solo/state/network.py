"""What a unit may know of its network. Source: contract 3.10."""

from __future__ import annotations

import ipaddress
import sqlite3
from typing import Any

from . import db


def of_unit(tx: db.Transaction, unit: sqlite3.Row) -> dict[str, Any]:
    """Return what ``network-get`` prints: the same for every binding on one machine."""
    address = address_of(tx, unit)
    if not address:
        return {}
    local = address.startswith('127.')
    return {
        'bind-addresses': [
            {
                'mac-address': '00:00:00:00:00:00' if local else '',
                'interface-name': 'lo' if local else 'eth0',
                'addresses': [
                    {
                        'hostname': '',
                        'value': address,
                        'cidr': '127.0.0.0/8' if local else _subnet(address),
                    }
                ],
            }
        ],
        'egress-subnets': egress(address),
        'ingress-addresses': [address],
    }


def _subnet(address: str) -> str:
    """Return the network of a machine of namespaces; see ``machines.network``."""
    return str(ipaddress.ip_interface(f'{address}/22').network)


def egress(address: str) -> list[str]:
    """Return from where the unit's connections come.

    A connection to an address in 127.0.0.0/8 comes from 127.0.0.1, whoever makes it.
    """
    return ['127.0.0.1/32' if address.startswith('127.') else f'{address}/32']


def address_of(tx: db.Transaction, unit: sqlite3.Row) -> str:
    """Return the address of the unit's machine, '' while it has none."""
    return tx.value('SELECT address FROM machine WHERE id = ?', unit['machine']) or ''


def default_bag(tx: db.Transaction, unit: sqlite3.Row) -> dict[str, str]:
    """Return the keys that Juju 3.6 puts into a unit's bag (contract 3.5)."""
    address = address_of(tx, unit)
    return {
        'private-address': address,
        'ingress-address': address,
        'egress-subnets': ','.join(egress(address)),
    }
