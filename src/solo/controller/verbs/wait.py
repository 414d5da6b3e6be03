"""``wait``: tell how applications get on until they have settled."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ... import errors, names, wire
from ...agent import operations, resolver
from ...state import codec, db, fullstatus, logs, models, removal
from .. import server, settling

if TYPE_CHECKING:
    from ..core import Controller

_POLL_SECONDS = 0.5  # a record of the log comes without a change that rings
_LEAST_SECONDS = 0.05  # a busy model rings hundreds of times a second
_MOST_SECONDS = 0.5  # and still what is there is shown soon
_HEARTBEAT_SECONDS = 5.0  # so that we notice a client that has gone


def handle(controller: Controller, params: wire.Json, emit: server.Emit) -> dict[str, Any]:
    """Emit snapshots of the units of ``applications`` (none: all) until they have settled.

    An event is ``{'units': [...]}``, each unit as in :class:`settling.Unit`. ``gone_units`` and
    ``gone_applications`` have to be gone; ``since`` is when the verb began.

    Returns:
        ``outcome`` with the last ``units``; when it is ``failed`` the unit that ``failed`` with
        the last ``log_lines`` of its log; when it is ``blocked`` the ``blocked`` units.
    """
    pause = threading.Event()
    wanted = settling.Wanted(
        params.get('since', 0.0),
        frozenset([*params.get('gone_units', ()), *params.get('gone_applications', ())]),
    )
    shown: Sequence[settling.Unit] = ()
    changed_at = told_at = time.monotonic()
    first = True
    while True:
        count = controller.changed.count
        looked_at = time.monotonic()
        with controller.database.read() as tx:
            try:
                model = models.get(tx, params.get('model', ''))['id']
            except errors.Error:
                if first:
                    raise
                return {'outcome': 'settled', 'units': []}  # the model itself has gone
            units, rows = _units(tx, model, params.get('applications', ()))
            # What has gone has also left its machine and its storage.
            cleared = removal.is_cleared(tx, model)
            present = _present(tx, model) if cleared else wanted.gone
        if all(unit.is_idle for unit in units):
            units = [
                unit._replace(busy=_is_busy(controller, row))
                for unit, row in zip(units, rows, strict=True)
            ]
        now = time.monotonic()
        if units != shown or first:
            changed_at = now
        if units != shown or first or now - told_at > _HEARTBEAT_SECONDS:
            emit({'units': [unit._asdict() for unit in units]})
            shown, told_at, first = units, now, False
        found = settling.outcome(units, present, wanted, now - changed_at)
        # A change while we looked at one unit after the other: look again.
        if found == 'failed' or (found is not None and controller.changed.count == count):
            return _result(controller, model, found, units, wanted, params.get('log_lines', 20))
        cost = time.monotonic() - looked_at
        controller.changed.wait(count, _POLL_SECONDS)
        # To look at many units takes a while: it is to be a tenth of the time at most.
        pause.wait(min(max(_LEAST_SECONDS, 9 * cost), _MOST_SECONDS))


def _units(
    tx: db.Transaction, model: int, applications: Sequence[str]
) -> tuple[list[settling.Unit], list[int]]:
    """Return the units with their rows' ids, in their natural order."""
    found: list[tuple[settling.Unit, int]] = []
    for row in tx.all(
        'SELECT u.*, a.name FROM unit u JOIN application a ON a.id = u.application'
        ' WHERE a.model = ?',
        model,
    ):
        if applications and row['name'] not in applications:
            continue
        unit = names.Unit(row['name'], row['number'])
        workload, message, _, agent, doing = fullstatus.display(row)
        log = tx.value(
            'SELECT message FROM log WHERE model = ? AND entity = ? ORDER BY id DESC LIMIT 1',
            model,
            unit.tag,
        )
        found.append(
            (
                settling.Unit(
                    str(unit),
                    row['life'],
                    workload,
                    message,
                    agent,
                    doing,
                    row['agent_since'],
                    log or '',
                    None,
                    row['resolved'] is not None,
                    codec.local_from_json(row['local']).retry_at,
                ),
                row['id'],
            )
        )
    found.sort(key=lambda each: names.natural(each[0].unit))
    return [unit for unit, _ in found], [row for _, row in found]


def _present(tx: db.Transaction, model: int) -> frozenset[str]:
    """Return the names of all applications and units that there are."""
    applications = tx.all('SELECT name FROM application WHERE model = ?', model)
    units = tx.all(
        'SELECT a.name, u.number FROM unit u JOIN application a ON a.id = u.application'
        ' WHERE a.model = ?',
        model,
    )
    return frozenset(
        [row['name'] for row in applications] + [f'{row["name"]}/{row["number"]}' for row in units]
    )


def _is_busy(controller: Controller, unit: int) -> bool:
    """Tell whether the unit's agent has something to do, begun or not."""
    try:
        local, snapshot = controller.api.snapshot(unit)
        if controller.api.running(unit) is not None:
            return True
    except errors.Error:
        return True  # it has just gone: look again
    return not isinstance(resolver.next_operation(local, snapshot), operations.Idle)


def _result(
    controller: Controller,
    model: int,
    outcome: settling.Outcome,
    units: Sequence[settling.Unit],
    wanted: settling.Wanted,
    log_lines: int,
) -> dict[str, Any]:
    result: dict[str, Any] = {'outcome': outcome, 'units': [unit._asdict() for unit in units]}
    if outcome == 'blocked':
        result['blocked'] = [
            {'unit': unit.unit, 'message': unit.message}
            for unit in units
            if unit.workload == 'blocked'
        ]
    unit = settling.failed(units, wanted)
    if unit is not None:
        with controller.database.read() as tx:
            rows = logs.last(tx, model, logs.Filter(include=(unit.unit,)), log_lines)
        result['failed'] = {
            'unit': unit.unit,
            'message': unit.message,
            'log': [
                f'{row["level"]} {row["message"]}' for row in rows if row['time'] >= wanted.since
            ],
        }
    return result
