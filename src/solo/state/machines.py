"""Machines: made for units, gone with their last one."""

from __future__ import annotations

import json
import sqlite3

from .. import errors
from . import db, statuslog

BASE = {'name': 'ubuntu', 'channel': '24.04'}


def add(tx: db.Transaction, model: int, *, provider: str, now: float) -> int:
    """Add a machine that the provisioner will make, and return its row."""
    return tx.insert(
        'machine',
        model=model,
        name=str(db.sequence(tx, model, 'machine')),
        provider=provider,
        base=json.dumps(BASE),
        since=now,
    )


def find(tx: db.Transaction, model: int, name: str) -> sqlite3.Row:
    """Return the machine's row.

    Raises:
        Error: ``machine 7 not found``.
    """
    row = tx.one('SELECT * FROM machine WHERE model = ? AND name = ?', model, name)
    if row is None:
        raise errors.Error(f'machine {name} not found', 'not found')
    return row


def row(tx: db.Transaction, machine: int) -> sqlite3.Row:
    """Return the machine's row by its id."""
    found = tx.one('SELECT * FROM machine WHERE id = ?', machine)
    assert found is not None, 'a unit has a machine'
    return found


def hostname(tx: db.Transaction, machine: int) -> str:
    """Return what the machine calls itself, which is also its instance's id."""
    return tx.value(
        "SELECT 'juju-' || substr(m.uuid, -6) || '-' || machine.name FROM machine"
        ' JOIN model m ON m.id = machine.model WHERE machine.id = ?',
        machine,
    )


def started(tx: db.Transaction, machine: int, *, address: str, boot_id: str, now: float) -> None:
    """Note that the machine is there, and let its units begin."""
    tx.update(
        'machine',
        machine,
        status='started',
        message='',
        address=address,
        boot_id=boot_id,
        since=now,
    )
    name, model = row(tx, machine)['name'], row(tx, machine)['model']
    for kind, status in (('juju-machine', 'started'), ('machine', 'running')):
        statuslog.record(tx, model, name, kind, status, '', now)
    for unit in tx.all('SELECT id FROM unit WHERE machine = ?', machine):
        tx.execute(
            "UPDATE unit SET workload_message = 'agent initialising', workload_since = ?"
            " WHERE id = ? AND workload_message = 'waiting for machine'",
            now,
            unit['id'],
        )
        tx.wake(unit['id'])


def reboot(tx: db.Transaction, machine: int) -> None:
    """Count a boot that the machine's charm asked for; its units hear of it by ``start``."""
    db.sequence(tx, row(tx, machine)['model'], f'reboot-{machine}')
    for unit in tx.all('SELECT id FROM unit WHERE machine = ?', machine):
        tx.wake(unit['id'])


def boot(tx: db.Transaction, machine: sqlite3.Row) -> str:
    """Return which boot of the machine this is: the provider's, and those that were asked for."""
    asked = tx.value(
        'SELECT next FROM sequence WHERE model = ? AND name = ?',
        machine['model'],
        f'reboot-{machine["id"]}',
    )
    return f'{machine["boot_id"]}+{asked}' if asked else machine['boot_id']


def key(tx: db.Transaction, machine: int) -> str:
    """Return the machine's folder below ``machines/`` in the data directory."""
    return tx.value(
        "SELECT m.name || '/' || machine.name FROM machine JOIN model m ON m.id = machine.model"
        ' WHERE machine.id = ?',
        machine,
    )
