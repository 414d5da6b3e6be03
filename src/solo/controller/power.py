"""Make machines, and their agents, what their rows say: made, on, off, frozen, cut off.

The provisioner and the verb ``machine`` call the same function, so what a killed controller left
half done is made good by the next one's first pass.
"""

from __future__ import annotations

import dataclasses
import functools
import logging
import sqlite3
import threading
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from .. import errors
from ..agent import runner
from ..machines import provider
from ..state import db, machines, power

if TYPE_CHECKING:
    from .core import Controller

logger = logging.getLogger(__name__)


class Wanted(NamedTuple):
    """What a machine is to be.

    Attributes:
        is_reached: Whether its agents can work.
        units: The units on it.
    """

    machine: int
    power: power.Power
    is_reached: bool
    units: frozenset[int]


class Power:
    """The power of one data directory's machines."""

    def __init__(self, controller: Controller) -> None:
        self._controller = controller
        self._locks: dict[int, threading.Lock] = {}
        self._good: dict[int, Wanted] = {}  # what each is, as far as this process has made it so

    def ensure(self, machine: int, *, orderly: bool = False, wait: bool = True) -> None:
        """Make the machine what its row says; does nothing when it is so already.

        Args:
            machine: Its row.
            orderly: Whether its processes are asked to end before they are made to.
            wait: Whether to wait for somebody else who is at it.

        Raises:
            Error: If the host can't.
        """
        lock = self._locks.setdefault(machine, threading.Lock())
        if not lock.acquire(blocking=wait):
            return
        try:
            self._ensure(machine, orderly)
        finally:
            lock.release()

    def end(self, machine: int) -> None:
        """End the machine for good: no process of it is left, not even a frozen one."""
        with self._locks.setdefault(machine, threading.Lock()):
            with self._controller.database.read() as tx:
                row = machines.row(tx, machine)
                where = described(tx, row)
            self._controller.agents.lose(machine)
            self._controller.providers[row['provider']].destroy(where)
            self._controller.agents.end(machine)
            self._good.pop(machine, None)

    def reboots(self, machine: int) -> bool:
        """Begin to reboot the machine, if it is more than a folder; tell whether it is.

        An agent of the machine asks for it: from now on it begins nothing more, and this doesn't
        wait for it.
        """
        with self._controller.database.read() as tx:
            if not self._controller.providers[machines.row(tx, machine)['provider']].has_power:
                return False
        self._controller.agents.lose(machine)
        threading.Thread(target=self._reboot, args=(machine,), daemon=True).start()
        return True

    def _reboot(self, machine: int) -> None:
        """End the machine's processes as a shut-down does, and let the provisioner boot it."""
        with self._locks.setdefault(machine, threading.Lock()):
            with self._controller.database.read() as tx:
                row = machines.row(tx, machine)
                where = described(tx, row)
            try:
                self._controller.providers[row['provider']].power(where, 'stop')
                self._controller.agents.end(machine)
            except errors.Error as error:
                logger.warning('%s', error)
            self._good.pop(machine, None)
        self._controller.provisioner.wake()

    def spawn(self, machine: int) -> runner.Spawn:
        """Return what starts a process on the machine."""
        with self._controller.database.read() as tx:
            row = machines.row(tx, machine)
            where = described(tx, row)
        return functools.partial(self._controller.providers[row['provider']].spawn, where)

    def connect(self) -> None:
        """Cut the cables that the rows say are cut, and heal the others."""
        with self._controller.database.read() as tx:
            rows = {row['id']: row for row in tx.all("SELECT * FROM machine WHERE address != ''")}
            keys = {each: machines.key(tx, each) for each in rows}
            cuts = power.cuts(tx)
        for name, kind in self._controller.providers.items():
            mine = {each for each, row in rows.items() if row['provider'] == name}
            if mine:
                kind.connect(
                    [
                        provider.Cut(keys[cut.machine], keys.get(cut.other or 0, ''), *cut[2:])
                        for cut in cuts
                        if cut.machine in mine
                    ],
                    {keys[each]: rows[each]['address'] for each in mine},
                )

    def is_good(self, wanted: Wanted) -> bool:
        """Tell whether the machine is so already."""
        return self._good.get(wanted.machine) == wanted

    def _ensure(self, machine: int, orderly: bool) -> None:
        controller = self._controller
        with controller.database.read() as tx:
            row = machines.row(tx, machine)
            where = described(tx, row)
            (wanted,) = wanted_of(tx, [row])
        before = self._good.get(machine)
        if before == wanted:
            return
        kind = controller.providers[row['provider']]
        if wanted.power == 'off':
            controller.agents.lose(machine)
            kind.power(where, 'stop' if orderly else 'kill')
            controller.agents.end(machine)
        elif wanted.power == 'frozen':
            controller.agents.pause(machine, paused=True)
            kind.power(where, 'freeze')
        else:
            if before is None or before.power != 'on':
                made = kind.create(where)
                self._note(row, made)
                where = dataclasses.replace(where, address=made.address)
            controller.agents.pause(machine, paused=not wanted.is_reached)
            if wanted.is_reached:
                controller.agents.place(machine, kind, where, wanted.units)
        self._good[machine] = wanted

    def _note(self, row: sqlite3.Row, made: provider.Made) -> None:
        """Note which boot of the machine this is, so that its agents know before they begin."""
        if row['status'] != 'pending' and (row['address'], row['boot_id']) == made:
            return
        with self._controller.database.write() as tx:
            machines.started(
                tx, row['id'], address=made.address, boot_id=made.boot_id, now=time.time()
            )


def wanted_of(tx: db.Transaction, rows: Sequence[sqlite3.Row]) -> list[Wanted]:
    """Return what each machine is to be."""
    units: dict[int, set[int]] = {}
    for unit in tx.all('SELECT id, machine FROM unit'):
        units.setdefault(unit['machine'], set()).add(unit['id'])
    alone = {cut.machine for cut in power.cuts(tx) if cut.is_whole}
    return [
        Wanted(
            row['id'],
            row['power'],
            row['power'] == 'on' and row['id'] not in alone,
            frozenset(units.get(row['id'], ())),
        )
        for row in rows
    ]


def described(tx: db.Transaction, row: sqlite3.Row) -> provider.Machine:
    """Return the machine of a row, as its provider knows it."""
    return provider.Machine(
        machines.key(tx, row['id']), row['address'], machines.hostname(tx, row['id'])
    )
