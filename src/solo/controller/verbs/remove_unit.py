"""``remove-unit``: accepted at once; the units go by themselves."""

from __future__ import annotations

import sqlite3
import time
from typing import TYPE_CHECKING, Any

from ... import errors, wire
from ...state import db, models, removal, storage, units
from .. import server

if TYPE_CHECKING:
    from ..core import Controller

_MAX_WAIT_SECONDS = 60.0  # juju: cmd/juju/application/removeunit.go
# Juju takes a machine away with its units still on it, whatever their hooks do (juju 3.6:
# state/cleanup.go obliterateUnit). Services may run on beside a machine that is a folder: a
# charm gets a moment to end its own.
_FAREWELL_SECONDS = 10.0


def handle(controller: Controller, params: wire.Json, emit: server.Emit) -> dict[str, Any]:
    """Make units dying; one that can't be removed does not hold the others."""
    del emit
    result: dict[str, Any] = {'removed': [], 'failed': []}
    forced = forced_at(params)
    destroy = bool(params.get('destroy_storage'))
    with controller.database.write() as tx:
        model = models.get(tx, params.get('model', ''))
        asks = must_ask(model, params)
        for name in params['units']:
            try:
                row = units.find(tx, model['id'], name)
                if row['principal'] is not None:
                    raise errors.Error(
                        f'unit "{name}" is a subordinate, to remove use remove-relation. '
                        f'Note: this will remove all units of "{row["application_name"]}"'
                    )
            except errors.Error as error:
                result['failed'].append({'unit': name, 'error': error.message})
                continue
            result['removed'].append({'unit': name, **fate(tx, [row['id']], destroy=destroy)})
            if not params.get('dry_run') and not asks:
                removal.remove_unit(tx, row, destroy_storage=destroy, forced=forced)
    return {**result, 'asks': asks}


def must_ask(model: sqlite3.Row, params: wire.Json) -> bool:
    """Tell whether nothing may go before somebody said yes: the model's mode wants that."""
    mode = str(models.config(model).get('mode', ''))
    return 'requires-prompts' in mode and not params.get('confirmed', True)


def forced_at(params: wire.Json, *, with_machine: bool = False) -> float:
    """Return when ``--force`` no longer waits for hooks; 0 without it.

    Args:
        params: Of the request; its ``timeout`` makes the waiting shorter.
        with_machine: Whether the units go because their machines do.
    """
    if not params.get('force'):
        return 0.0
    patience = _FAREWELL_SECONDS if with_machine else _MAX_WAIT_SECONDS
    timeout = params.get('timeout', -1.0)
    if params.get('no_wait'):
        patience = 0.0
    elif timeout >= 0:
        patience = min(timeout, patience)
    return time.time() + patience


def fate(tx: db.Transaction, rows: list[int], *, destroy: bool) -> dict[str, list[str]]:
    """Return what becomes of the units' storage."""
    result: dict[str, list[str]] = {'detached': [], 'destroyed': []}
    for row in rows:
        model = units.row(tx, row)['model']
        for name in storage.of_unit(tx, row):
            kept = not destroy and storage.is_kept(tx, model, name)
            result['detached' if kept else 'destroyed'].append(name)
    return result
