"""``machine``: switch a machine's power, and cut and heal its cable."""

from __future__ import annotations

import sqlite3
import time
from typing import TYPE_CHECKING, Any

from ... import errors, wire
from ...state import db, models, power
from .. import server

if TYPE_CHECKING:
    from ..core import Controller

_POWER: dict[str, power.Power] = {
    'kill': 'off',
    'stop': 'off',
    'start': 'on',
    'freeze': 'frozen',
    'thaw': 'on',
}


def handle(controller: Controller, params: wire.Json, emit: server.Emit) -> dict[str, Any]:
    """Do ``what`` with ``machine``, or list all; it is done when this returns.

    Raises:
        Error: If the machine is none with power, or is not in a state for it.
    """
    del emit
    what = params['what']
    if what == 'list':
        with controller.database.read() as tx:
            return listing(tx, models.get(tx, params.get('model', '')))
    now = time.time()
    with controller.database.write() as tx:
        model = models.get(tx, params.get('model', ''))
        row = power.find(tx, model['id'], params['machine'])
        if what in _POWER:
            _check(row, what)
            power.switch(tx, row, _POWER[what], orderly=what == 'stop', now=now)
        elif what == 'cut':
            other = params.get('other')
            peer = None if other is None else power.find(tx, model['id'], other)['id']
            if peer == row['id']:
                raise errors.UsageError('a machine cannot be cut from itself')
            power.cut(
                tx,
                power.Cut(row['id'], peer, params.get('port'), bool(params.get('one_way'))),
                now=now,
            )
        else:
            power.heal(tx, row['id'], now=now)
    if what in ('cut', 'heal'):
        controller.power.connect()
    controller.power.ensure(row['id'], orderly=what == 'stop')
    return {}


def _check(row: sqlite3.Row, what: str) -> None:
    """Refuse what makes no sense: it is more likely a mistake in a script than meant."""
    if what in ('freeze', 'thaw', 'stop') and row['power'] == 'off':
        raise errors.Error(f'cannot {what} machine {row["name"]}: it is off')
    if what == 'stop' and row['power'] == 'frozen':
        raise errors.Error(f'cannot stop machine {row["name"]}: it is frozen; thaw it, or kill it')


def listing(tx: db.Transaction, model: sqlite3.Row) -> dict[str, Any]:
    """Return the machines with their power and cables, by number."""
    rows = tx.all('SELECT * FROM machine WHERE model = ? ORDER BY id', model['id'])
    named = {row['id']: row['name'] for row in rows}
    cuts = power.cuts(tx)
    return {
        row['name']: {
            'address': row['address'],
            'provider': row['provider'],
            'power': row['power'],
            'cut': [_cut(each, named) for each in cuts if each.machine == row['id']],
            'units': [
                f'{unit["name"]}/{unit["number"]}'
                for unit in tx.all(
                    'SELECT a.name, u.number FROM unit u JOIN application a'
                    ' ON a.id = u.application WHERE u.machine = ? ORDER BY a.name, u.number',
                    row['id'],
                )
            ],
        }
        for row in rows
    }


def _cut(cut: power.Cut, named: dict[int, str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if cut.other is not None:
        found['from'] = named[cut.other]
    if cut.port is not None:
        found['only'] = cut.port
    if cut.one_way:
        found['one-way'] = True
    return found
