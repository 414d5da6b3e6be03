"""``remove-application``: accepted at once; what is to go goes by itself."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, Any

from ... import errors, wire
from ...state import applications, crossmodel, db, models, removal, units
from .. import server
from . import remove_unit

if TYPE_CHECKING:
    from ..core import Controller


def handle(controller: Controller, params: wire.Json, emit: server.Emit) -> dict[str, Any]:
    """Make applications dying; one that can't be removed does not hold the others."""
    del emit
    result: dict[str, Any] = {'removed': [], 'failed': []}
    forced = remove_unit.forced_at(params)
    destroy = bool(params.get('destroy_storage'))
    with controller.database.write() as tx:
        model = models.get(tx, params.get('model', ''))
        asks = remove_unit.must_ask(model, params)
        for name in params['applications']:
            try:
                row = applications.find(tx, model['id'], name)
                _check_consumers(tx, row, force=bool(params.get('force')))
            except errors.Error as error:
                result['failed'].append({'application': name, 'error': error.message})
                continue
            rows = [
                unit['id']
                for unit in tx.all(
                    'SELECT id FROM unit WHERE application = ? ORDER BY number', row['id']
                )
            ]
            result['removed'].append(
                {
                    'application': name,
                    'units': [units.row(tx, unit)['name'] for unit in rows],
                    **remove_unit.fate(tx, rows, destroy=destroy),
                }
            )
            if not params.get('dry_run') and not asks:
                removal.remove_application(tx, row, destroy_storage=destroy, forced=forced)
    return {**result, 'asks': asks}


def _check_consumers(tx: db.Transaction, row: sqlite3.Row, *, force: bool) -> None:
    """Refuse to remove what other models are related to.

    Raises:
        Error: ``cannot destroy application "x": application is used by 1 consumer``.
    """
    count = crossmodel.connected(tx, row['id'])
    if count and not force:
        raise errors.Error(
            f'cannot destroy application "{row["name"]}": application is used by {count} '
            f'consumer{"" if count == 1 else "s"}'
        )
