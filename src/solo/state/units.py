"""Units: where they are, what they say, and how they go."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any

from .. import errors, model, names
from . import charms, db, machines, statuslog, storage

# Source: juju: core/instance/placement.go and container.go.
_CONTAINER = re.compile(r'^(lxd|kvm)(:|$)|/(lxd|kvm)/')


def row(tx: db.Transaction, unit: int) -> sqlite3.Row:
    """Return the unit's row with its application's: ``model``, ``charm``, ``application_name``.

    Raises:
        Error: If the unit is gone.
    """
    found = tx.one(
        'SELECT u.*, a.model, a.charm, a.name AS application_name,'
        " a.name || '/' || u.number AS name, a.lease_holder, a.lease_expires,"
        ' a.life AS application_life'
        ' FROM unit u JOIN application a ON a.id = u.application WHERE u.id = ?',
        unit,
    )
    if found is None:
        raise errors.Error(f'unit {unit} not found', 'not found')
    return found


def find(tx: db.Transaction, model_row: int, name: str) -> sqlite3.Row:
    """Return the row (see :func:`row`) of the unit with that name.

    Raises:
        UsageError: If it is no unit name.
        Error: ``unit "app/9" not found``.
    """
    parts = names.unit(name)
    unit = tx.value(
        'SELECT u.id FROM unit u JOIN application a ON a.id = u.application'
        ' WHERE a.model = ? AND a.name = ? AND u.number = ?',
        model_row,
        parts.application,
        parts.number,
    )
    if unit is None:
        raise errors.not_found('unit', name)
    return row(tx, unit)


def resolve(tx: db.Transaction, model_row: int, name: str) -> sqlite3.Row:
    """Return the row of ``app/0`` or of ``app/leader``."""
    application, _, which = name.partition('/')
    if which != 'leader':
        return find(tx, model_row, name)
    holder = tx.one(
        'SELECT lease_holder FROM application WHERE model = ? AND name = ?', model_row, application
    )
    if holder is None:
        raise errors.not_found('application', application)
    if holder[0] is None:
        raise errors.Error(f'could not determine leader for "{application}"')
    return row(tx, holder[0])


def add(
    tx: db.Transaction,
    application: sqlite3.Row,
    *,
    count: int,
    to: Sequence[str],
    attach: Sequence[str] = (),
    provider: str,
    now: float,
) -> list[str]:
    """Add units and return their names; units without a directive get new machines.

    Raises:
        Error: If a placement names no machine, in Juju's words.
    """
    charm = charms.get(tx, application['charm'])
    added: list[str] = []
    for index in range(count):
        machine = _place(tx, application, to[index] if index < len(to) else '', provider, now)
        unit = _insert(tx, application, machine, None, now)
        storage.add_initial(
            tx, unit, charm, json.loads(application['storage']), attach if index == 0 else (), now
        )
        added.append(row(tx, unit)['name'])
    return added


def add_subordinate(
    tx: db.Transaction, application: sqlite3.Row, principal: sqlite3.Row, *, now: float
) -> None:
    """Add the principal's subordinate unit on its machine, unless it has one."""
    if tx.one(
        'SELECT 1 FROM unit WHERE application = ? AND principal = ?',
        application['id'],
        principal['id'],
    ):
        return
    unit = _insert(tx, application, principal['machine'], principal['id'], now)
    charm = charms.get(tx, application['charm'])
    storage.add_initial(tx, unit, charm, json.loads(application['storage']), (), now)
    tx.wake(unit)


def _insert(
    tx: db.Transaction,
    application: sqlite3.Row,
    machine: int,
    principal: int | None,
    now: float,
) -> int:
    number = db.sequence(tx, application['model'], f'unit-{application["name"]}')
    return tx.insert(
        'unit',
        application=application['id'],
        number=number,
        machine=machine,
        principal=principal,
        workload_since=now,
        agent_since=now,
    )


def _place(
    tx: db.Transaction, application: sqlite3.Row, directive: str, provider: str, now: float
) -> int:
    if not directive:
        return machines.add(tx, application['model'], provider=provider, now=now)
    if _CONTAINER.search(directive):
        raise errors.no_container(directive)
    if not directive.isdigit():
        raise errors.Error(
            f'invalid --to parameter "{directive}": here a machine is a number, see "solo status"'
        )
    try:
        machine = machines.find(tx, application['model'], directive)
    except errors.Error as error:
        raise errors.Error(
            f'cannot add unit to application "{application["name"]}": {error.message}', error.code
        ) from None
    if machine['life'] != 'alive':
        raise errors.Error(f'machine {directive} is dying')
    return machine['id']


def set_status(
    tx: db.Transaction, unit: int, status: str, message: str, data: Mapping[str, Any], now: float
) -> None:
    """Set the workload status; the same again still updates ``since`` (contract 3.8)."""
    of = row(tx, unit)
    statuslog.record(tx, of['model'], of['name'], 'workload', status, message, now)
    tx.update(
        'unit',
        unit,
        workload_status=status,
        workload_message=message,
        workload_data=json.dumps(dict(data)),
        workload_since=now,
    )


def set_agent_status(
    tx: db.Transaction, unit: int, status: str, message: str, data: Mapping[str, Any], now: float
) -> None:
    """Set the agent's status if it differs, so that ``since`` tells when it became so."""
    of = row(tx, unit)
    statuslog.record(tx, of['model'], of['name'], 'juju-unit', status, message, now)
    tx.execute(
        'UPDATE unit SET agent_status = ?, agent_message = ?, agent_data = ?, agent_since = ?'
        ' WHERE id = ? AND (agent_status != ? OR agent_message != ?)',
        status,
        message,
        json.dumps(dict(data)),
        now,
        unit,
        status,
        message,
    )


def resolve_error(tx: db.Transaction, unit: sqlite3.Row, *, retry: bool) -> None:
    """Note what the operator says of the unit's failed hook.

    Raises:
        Error: ``unit "app/0" is not in an error state``.
    """
    if unit['agent_status'] != 'error':
        raise errors.Error(f'unit "{unit["name"]}" is not in an error state')
    tx.update('unit', unit['id'], resolved='retry' if retry else 'no-retry')
    tx.wake(unit['id'])


def ports_beside(
    tx: db.Transaction, unit: int
) -> dict[str, dict[str, tuple[model.PortRange, ...]]]:
    """Return the opened ports of the unit's machine, by unit's name and endpoint; '' is all."""
    found: dict[str, dict[str, tuple[model.PortRange, ...]]] = {}
    for port in tx.all(
        "SELECT p.*, a.name || '/' || u.number AS name FROM port p JOIN unit u ON u.id = p.unit"
        ' JOIN application a ON a.id = u.application'
        ' WHERE u.machine = (SELECT machine FROM unit WHERE id = ?)'
        ' ORDER BY p.protocol, p.first, p.last',
        unit,
    ):
        ranges = found.setdefault(port['name'], {})
        opened = model.PortRange(port['first'], port['last'], port['protocol'])
        ranges[port['endpoint']] = (*ranges.get(port['endpoint'], ()), opened)
    return found


def change_port(tx: db.Transaction, unit: sqlite3.Row, change: model.PortChange) -> None:
    """Open or close a range.

    Raises:
        Error: If it overlaps another range on the machine (contract 3.11).
    """
    wanted = change.ports
    endpoints = change.endpoints or ('',)
    if change.action == 'close':
        for endpoint in endpoints:
            tx.execute(
                'DELETE FROM port WHERE unit = ? AND endpoint = ? AND first = ? AND last = ?'
                ' AND protocol = ?',
                unit['id'],
                endpoint,
                wanted.first,
                wanted.last,
                wanted.protocol,
            )
        return
    for other in tx.all(
        "SELECT p.*, a.name || '/' || u.number AS name FROM port p JOIN unit u ON u.id = p.unit"
        ' JOIN application a ON a.id = u.application'
        ' WHERE u.machine = ? AND p.protocol = ? AND p.first <= ? AND p.last >= ?',
        unit['machine'],
        wanted.protocol,
        wanted.last,
        wanted.first,
    ):
        theirs = model.PortRange(other['first'], other['last'], other['protocol'])
        if other['unit'] != unit['id'] or theirs != wanted:
            raise errors.Error(
                f'cannot open {wanted} (unit "{unit["name"]}"): '
                f'port range conflicts with {theirs} (unit "{other["name"]}")'
            )
    for endpoint in endpoints:
        tx.execute(
            'INSERT OR IGNORE INTO port VALUES (?, ?, ?, ?, ?)',
            unit['id'],
            endpoint,
            wanted.first,
            wanted.last,
            wanted.protocol,
        )
