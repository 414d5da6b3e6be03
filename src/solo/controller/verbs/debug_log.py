"""``debug_log``: records of the log, and new ones as they come."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from ... import wire
from ...state import logs, models
from .. import server

if TYPE_CHECKING:
    from ..core import Controller

_BATCH = 500
_POLL_SECONDS = 0.3  # records are written without a change of the model that rings
_FIELDS = ('time', 'entity', 'level', 'module', 'message')


def handle(controller: Controller, params: wire.Json, emit: server.Emit) -> wire.Json:
    """Emit the last ``count`` records (0: all), then with ``follow`` new ones without end."""
    wanted = logs.Filter(
        params.get('level', ''),
        params.get('include', ()),
        params.get('exclude', ()),
        params.get('include_module', ()),
        params.get('exclude_module', ()),
    )
    with controller.database.read() as tx:
        model = models.get(tx, params.get('model', ''))['id']
        seen = tx.value('SELECT max(id) FROM log') or 0
        rows = logs.last(tx, model, wanted, params.get('count', 0))
    _send(rows, emit)
    while params.get('follow'):
        count = controller.changed.count
        with controller.database.read() as tx:
            rows = logs.after(tx, model, wanted, seen)
        if rows:
            seen = rows[-1]['id']
            _send(rows, emit)
        else:
            # Also tells us when the client has gone: the request ends there.
            emit({'lines': []})
            controller.changed.wait(count, _POLL_SECONDS)
    return {}


def _send(rows: list[sqlite3.Row], emit: server.Emit) -> None:
    for batch in _batches(rows):
        emit({'lines': [{name: row[name] for name in _FIELDS} for row in batch]})


def _batches(rows: list[sqlite3.Row]) -> Iterator[Iterable[sqlite3.Row]]:
    for start in range(0, len(rows), _BATCH):
        yield rows[start : start + _BATCH]
