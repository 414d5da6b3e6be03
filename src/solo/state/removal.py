"""How things end: what becomes dying with what, and what may vanish now.

Every transaction that could have removed the last reason for something to stay calls
:func:`sweep`; the rules are nowhere else.

Source: juju 3.6: state/cleanup.go; juju: domain/removal/; contract 2.5 to 2.7.
"""

from __future__ import annotations

import sqlite3

from .. import errors
from . import applications, db, relations, secrets, twins, units


def remove_unit(
    tx: db.Transaction, unit: sqlite3.Row, *, destroy_storage: bool, forced: float
) -> None:
    """Make a unit dying, with its subordinates.

    Args:
        tx: The transaction.
        unit: The unit.
        destroy_storage: Whether its storage goes with it.
        forced: When it is taken away whatever its hooks do, in seconds since the epoch; until
            then their failures don't hold it. 0: it goes by its hooks alone.
    """
    if unit['life'] == 'alive':
        tx.update('unit', unit['id'], life='dying')
        relations.depart(tx, unit)
    if destroy_storage:
        tx.update('unit', unit['id'], destroy_storage=1)
    if forced:
        tx.update('unit', unit['id'], forced=forced)
    for row in tx.all('SELECT id FROM unit WHERE principal = ?', unit['id']):
        remove_unit(tx, units.row(tx, row['id']), destroy_storage=destroy_storage, forced=forced)
    tx.wake(unit['id'])


def remove_application(
    tx: db.Transaction, row: sqlite3.Row, *, destroy_storage: bool, forced: float
) -> None:
    """Make an application dying, with its units and relations; its offers are withdrawn."""
    tx.execute('DELETE FROM offer WHERE application = ?', row['id'])
    tx.update('application', row['id'], life='dying')
    for unit in tx.all('SELECT id FROM unit WHERE application = ?', row['id']):
        remove_unit(tx, units.row(tx, unit['id']), destroy_storage=destroy_storage, forced=forced)
    for end in tx.all(
        "SELECT relation FROM relation_endpoint WHERE application = ? AND role != 'peers'",
        row['id'],
    ):
        remove_relation(tx, end['relation'])
    sweep(tx)


def remove_relation(tx: db.Transaction, relation: int) -> None:
    """Make a relation dying; it goes when the last unit has left it.

    One between models is dying in both.
    """
    tx.update('relation', relation, life='dying')
    twin = twins.other(tx, relation)
    if twin is not None and twin['life'] == 'alive':
        remove_relation(tx, twin['id'])
    ends = tx.all('SELECT application FROM relation_endpoint WHERE relation = ?', relation)
    for end in ends:
        relations.wake_application(tx, end['application'])
    row = tx.one('SELECT * FROM relation WHERE id = ?', relation)
    if row is not None and row['scope'] == 'container':
        _end_subordinates(tx, row, [end['application'] for end in ends])
    sweep(tx)


def _end_subordinates(tx: db.Transaction, relation: sqlite3.Row, ends: list[int]) -> None:
    """Make dying the subordinates that this relation alone kept at their principals."""
    for unit in tx.all(
        'SELECT u.id FROM unit u JOIN unit p ON p.id = u.principal WHERE u.application IN (?, ?)'
        ' AND p.application IN (?, ?) AND NOT EXISTS (SELECT 1 FROM relation r'
        ' JOIN relation_endpoint a ON a.relation = r.id AND a.application = u.application'
        ' JOIN relation_endpoint b ON b.relation = r.id AND b.application = p.application'
        " WHERE r.scope = 'container' AND r.life = 'alive' AND r.id != ?)",
        *ends,
        *ends,
        relation['id'],
    ):
        remove_unit(tx, units.row(tx, unit['id']), destroy_storage=False, forced=0.0)


def unit_gone(tx: db.Transaction, unit: sqlite3.Row, *, now: float) -> None:
    """Take a dead unit out of the model, with all that was only its own."""
    from . import storage

    applications.resign(tx, unit)
    for row in tx.all(
        "SELECT relation FROM relation_unit WHERE unit = ? AND scope != 'left'", unit['id']
    ):
        relations.leave_scope(tx, unit['name'], row['relation'])
    tx.execute('UPDATE relation_unit SET unit = NULL WHERE unit = ?', unit['id'])
    for name in storage.of_unit(tx, unit['id']):
        storage.detach(tx, unit, name, now=now)
    tx.execute(
        "UPDATE task SET status = 'cancelled', completed = ?, unit = NULL"
        " WHERE unit = ? AND status IN ('pending', 'running', 'aborting')",
        now,
        unit['id'],
    )
    tx.execute('UPDATE task SET unit = NULL WHERE unit = ?', unit['id'])
    tx.execute('DELETE FROM secret WHERE model = ? AND owner = ?', unit['model'], unit['name'])
    secrets.reader_gone(tx, unit['id'])
    tx.execute('DELETE FROM unit WHERE id = ?', unit['id'])
    tx.wake(unit['principal'])
    _end_unused(tx, 'machine.id = ?', unit['machine'])
    sweep(tx)


def sweep(tx: db.Transaction) -> None:
    """Remove relations and applications that nothing holds any more, in whatever model."""
    for relation in tx.all(
        "SELECT * FROM relation r WHERE life != 'alive' AND NOT EXISTS"
        " (SELECT 1 FROM relation_unit u WHERE u.relation = r.id AND u.scope != 'left')"
    ):
        ends = tx.all(
            'SELECT application FROM relation_endpoint WHERE relation = ?', relation['id']
        )
        tx.execute('DELETE FROM relation WHERE id = ?', relation['id'])
        for end in ends:
            relations.wake_application(tx, end['application'])
    for application in tx.all(
        "SELECT * FROM application a WHERE (life != 'alive' OR remote = 'consumer')"
        ' AND NOT EXISTS (SELECT 1 FROM unit u WHERE u.application = a.id) AND NOT EXISTS'
        " (SELECT 1 FROM relation_endpoint e WHERE e.application = a.id AND e.role != 'peers')"
    ):
        tx.execute(
            'DELETE FROM relation WHERE id IN'
            ' (SELECT relation FROM relation_endpoint WHERE application = ?)',
            application['id'],
        )
        tx.execute(
            'DELETE FROM secret WHERE model = ? AND owner = ?',
            application['model'],
            application['name'],
        )
        tx.execute('DELETE FROM application WHERE id = ?', application['id'])
        if application['remote'] is not None:
            tx.execute('DELETE FROM charm WHERE id = ?', application['charm'])


def _end_unused(tx: db.Transaction, which: str, row: int) -> None:
    """Make machines dying that have no unit; the provisioner ends their processes and rows."""
    tx.execute(
        f"UPDATE machine SET life = 'dying' WHERE {which} AND life = 'alive' AND NOT EXISTS"
        ' (SELECT 1 FROM unit u WHERE u.machine = machine.id)',
        row,
    )


def remove_machine(
    tx: db.Transaction, row: sqlite3.Row, *, destroy_storage: bool, forced: float
) -> None:
    """Make a machine dying: at once if it is empty, else when its units have gone.

    Raises:
        Error: If it has units, unless forced.
    """
    held = tx.all('SELECT id FROM unit WHERE machine = ?', row['id'])
    if held and not forced:
        name = units.row(tx, held[0]['id'])['name']
        raise errors.Error(f'machine {row["name"]} has unit "{name}" assigned')
    for unit in held:
        remove_unit(tx, units.row(tx, unit['id']), destroy_storage=destroy_storage, forced=forced)
    _end_unused(tx, 'machine.id = ?', row['id'])


def machine_gone(tx: db.Transaction, machine: sqlite3.Row) -> None:
    """Forget a machine that the provisioner has ended."""
    tx.execute('DELETE FROM machine WHERE id = ?', machine['id'])


def is_cleared(tx: db.Transaction, model: int) -> bool:
    """Tell whether nothing is left to the provisioner to end: no machine and no storage."""
    return not any(
        tx.one(f"SELECT 1 FROM {table} WHERE model = ? AND life != 'alive'{free}", model)
        for table, free in (('machine', ''), ('storage', ' AND unit IS NULL'))
    )


def destroy_model(
    tx: db.Transaction, row: sqlite3.Row, *, destroy_storage: bool, forced: float
) -> None:
    """Make everything in the model dying; detached storage goes with it."""
    tx.update('model', row['id'], life='dying')
    for application in tx.all('SELECT * FROM application WHERE model = ?', row['id']):
        remove_application(tx, application, destroy_storage=destroy_storage, forced=forced)
    # An agent whose machine is off can't end its unit, and nobody will switch that on again.
    tx.execute(
        'UPDATE unit SET forced = 1 WHERE machine IN'
        ' (SELECT id FROM machine WHERE model = ? AND lost_at IS NOT NULL)',
        row['id'],
    )
    if destroy_storage:
        tx.execute("UPDATE storage SET life = 'dying' WHERE model = ? AND unit IS NULL", row['id'])
    _end_unused(tx, 'machine.model = ?', row['id'])


def model_gone(tx: db.Transaction, model: int) -> bool:
    """Remove a dying model if it is empty; tell whether it is gone."""
    life = tx.value('SELECT life FROM model WHERE id = ?', model)
    if life is None:
        return True
    held = any(
        tx.one(f'SELECT 1 FROM {table} WHERE model = ?', model)
        for table in ('application', 'machine')
    )
    if life == 'alive' or held or not is_cleared(tx, model):
        return False
    for table in ('log', 'sequence', 'status_log'):
        tx.execute(f'DELETE FROM {table} WHERE model = ?', model)
    tx.execute('DELETE FROM model WHERE id = ?', model)
    return True
