"""Apply what a hook wrote: everything, or nothing. Source: contract 3.0."""

from __future__ import annotations

import json

from .. import model
from . import codec, db, relations, secrets, storage, units


def commit(
    tx: db.Transaction, unit_id: int, local: model.LocalState, writes: model.Writes, *, now: float
) -> None:
    """Save the unit's progress with the writes of its hook.

    Raises:
        Error: If a part is refused; the caller's transaction then stores nothing.
    """
    unit = units.row(tx, unit_id)
    for number, changes in writes.unit_bags.items():
        relations.write_unit_bag(tx, unit, number, changes)
    for number, changes in writes.app_bags.items():
        relations.write_application_bag(tx, unit, number, changes)
    for change in writes.ports:
        units.change_port(tx, unit, change)
    for change in writes.secrets:
        secrets.apply(tx, unit, change, now=now)
    for name, count in writes.storage.items():
        storage.add_more(tx, unit, name, {'count': count}, now)
    if writes.state:
        _keep_state(tx, unit_id, unit['kv'], writes)
    save(tx, unit_id, local)


def save(tx: db.Transaction, unit_id: int, local: model.LocalState) -> None:
    """Save the unit's progress; nothing runs any more."""
    tx.update('unit', unit_id, local=codec.local_to_json(local), running=None)


def _keep_state(tx: db.Transaction, unit_id: int, text: str, writes: model.Writes) -> None:
    kept = {**json.loads(text), **writes.state}
    tx.update(
        'unit',
        unit_id,
        kv=json.dumps({key: value for key, value in kept.items() if value is not None}),
    )
