"""Machines that are off, frozen or cut off, and what becomes of their agents meanwhile.

The rows say what is wanted; the provisioner makes it so, again after a crash.

Source: juju: apiserver/admin.go (maxClientPingInterval), apiserver/common/modelpresence.go
(what a lost agent shows), internal/worker/leadership/tracker.go (leases).
"""

from __future__ import annotations

import sqlite3
from typing import Literal, NamedTuple

from .. import errors, juju
from . import db, machines, relations

Power = Literal['on', 'off', 'frozen']
# What was never there can't be lost, and an error is not to be forgotten.
_LOSABLE = (
    "agent_status IN ('idle', 'executing', 'rebooting')"
    " AND agent_message != 'running install hook'"
)
# An agent may have written its last word after its machine was shown as down.
_UNSHOWN = (
    "(status = 'started' OR status = 'down' AND EXISTS"
    f' (SELECT 1 FROM unit WHERE unit.machine = machine.id AND {_LOSABLE}))'
)
_DOWN = 'agent is not communicating with the server'


class Cut(NamedTuple):
    """What doesn't get through a machine's cable; see ``machines.provider.Cut``."""

    machine: int
    other: int | None
    port: int | None
    one_way: bool

    @property
    def is_whole(self) -> bool:
        """Tell whether the machine is cut off from everybody, its controller too."""
        return self.other is None and self.port is None


def switch(
    tx: db.Transaction, machine: sqlite3.Row, power: Power, *, orderly: bool, now: float
) -> None:
    """Note what the machine's power is to be.

    Args:
        orderly: Whether its agents can say good-bye: then they are known to be lost at once.
        now: Seconds since the epoch.
    """
    tx.update('machine', machine['id'], power=power)
    _agents(tx, machine['id'], orderly=orderly, now=now)


def cut(tx: db.Transaction, wanted: Cut, *, now: float) -> None:
    """Note that a cable is cut; does nothing if it is cut so already."""
    if wanted not in cuts(tx):
        tx.insert('cut', **wanted._asdict())
    _agents(tx, wanted.machine, orderly=False, now=now)


def heal(tx: db.Transaction, machine: int, *, now: float) -> None:
    """Note that nothing of the machine's cable is cut any more, from either end."""
    tx.execute('DELETE FROM cut WHERE machine = ? OR other = ?', machine, machine)
    _agents(tx, machine, orderly=False, now=now)


def cuts(tx: db.Transaction) -> list[Cut]:
    """Return everything that is cut."""
    return [
        Cut(row['machine'], row['other'], row['port'], bool(row['one_way']))
        for row in tx.all('SELECT * FROM cut ORDER BY id')
    ]


def is_reached(tx: db.Transaction, machine: int) -> bool:
    """Tell whether the machine's agents can work: it has power, and a cable."""
    row = machines.row(tx, machine)
    return row['power'] == 'on' and not any(
        each.machine == machine and each.is_whole for each in cuts(tx)
    )


def _agents(tx: db.Transaction, machine: int, *, orderly: bool, now: float) -> None:
    """Begin or end the absence of the machine's agents."""
    row = machines.row(tx, machine)
    reached = is_reached(tx, machine)
    if reached == (row['lost_at'] is None):
        return
    units = tx.all('SELECT id, application FROM unit WHERE machine = ?', machine)
    if reached:
        tx.update('machine', machine, lost_at=None, status='started', message='', since=now)
        tx.execute(
            "UPDATE unit SET agent_status = 'idle', agent_message = '', agent_since = ?"
            " WHERE machine = ? AND agent_status = 'lost'",
            now,
            machine,
        )
    else:
        wait = 0.0 if orderly else juju.LOST_AFTER
        tx.update('machine', machine, lost_at=now + wait)
    for unit in units:
        # An agent that is there renews its lease for ever; one that isn't lets it run out.
        tx.execute(
            'UPDATE application SET lease_expires = ? WHERE lease_holder = ?',
            None if reached else now + juju.LEASE_SECONDS,
            unit['id'],
        )
        relations.wake_application(tx, unit['application'])


def show_lost(tx: db.Transaction, *, now: float) -> float | None:
    """Show the agents as lost that have been away for long enough.

    Returns:
        When to look again, None when nobody is away who isn't shown so.
    """
    for row in tx.all(f'SELECT id, status FROM machine WHERE lost_at <= ? AND {_UNSHOWN}', now):
        if row['status'] == 'started':
            tx.update('machine', row['id'], status='down', message=_DOWN, since=now)
        tx.execute(
            "UPDATE unit SET agent_status = 'lost', agent_message = ?, agent_since = ?"
            f' WHERE machine = ? AND {_LOSABLE}',
            _DOWN,
            now,
            row['id'],
        )
    return next_lost(tx)


def next_lost(tx: db.Transaction) -> float | None:
    """Return when :func:`show_lost` has something to do, None when nobody is away unseen."""
    return tx.value(f'SELECT min(lost_at) FROM machine WHERE {_UNSHOWN}')


def abandoned(tx: db.Transaction, *, now: float) -> list[int]:
    """Return the units whose forced removal has waited long enough, and whose machine is away.

    Their agents, which are away too, can't end them.
    """
    return [
        row['id']
        for row in tx.all(
            'SELECT u.id FROM unit u JOIN machine m ON m.id = u.machine'
            " WHERE u.life != 'alive' AND u.forced > 0 AND u.forced <= ?"
            ' AND m.lost_at IS NOT NULL ORDER BY u.id DESC',
            now,
        )
    ]


def find(tx: db.Transaction, model: int, name: str) -> sqlite3.Row:
    """Return the row of a machine that has a power switch.

    Raises:
        Error: If there is no such machine, or it is only a folder.
    """
    row = machines.find(tx, model, name)
    if row['provider'] == 'local':
        raise errors.Error(
            f'machine {name} has no power switch: it is of the provider "local"; '
            'use a model made by "solo add-model <name> --config provider=namespace"'
        )
    if row['life'] != 'alive':
        raise errors.Error(f'machine {name} is dying')
    return row
