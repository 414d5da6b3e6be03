"""What a unit sees of its relations' members."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from solo.charm import metadata, prepare
from solo.state import charms, db, snapshot


def test_peers_are_members_and_so_are_the_other_sides_units_but_not_ones_own(tmp_path: Path):
    database = db.Database(tmp_path / 'solo.db')
    with database.write() as tx:
        model = tx.insert('model', name='m', uuid='u', created=0.0)
        machine = tx.insert('machine', model=model, name='0', provider='local', since=0.0)
        rows: dict[str, int] = {}
        for name in ('a', 'a0'):  # names that lie beside each other
            read = metadata.parse({'name': name}, {}, {})
            charm = charms.add(tx, model, prepare.Prepared(read, '', Path('/charm'), ''))
            rows[name] = tx.insert('application', model=model, name=name, charm=charm)
        ends: list[tuple[tuple[str, str], ...]] = [
            (('a', 'peers'),),
            (('a', 'provides'), ('a0', 'requires')),
        ]
        for number, both in enumerate(ends):
            relation = tx.insert('relation', model=model, number=number, interface='i', since=0.0)
            for name, role in both:
                columns: dict[str, Any] = {'application': rows[name], 'endpoint': role}
                _add(tx, 'relation_endpoint', relation=relation, role=role, **columns)
                for unit in (f'{name}/0', f'{name}/1'):
                    _add(tx, 'relation_unit', relation=relation, unit_name=unit)
        unit = tx.insert(
            'unit',
            application=rows['a'],
            number=0,
            machine=machine,
            workload_since=0.0,
            agent_since=0.0,
        )

        _, seen = snapshot.read(tx, unit, 0.0)

    assert set(seen.relations[0].members) == {'a/1'}
    assert set(seen.relations[1].members) == {'a0/0', 'a0/1'}
    assert all(view.in_scope for view in seen.relations.values())


def _add(tx: db.Transaction, table: str, **columns: Any) -> None:
    names, marks = ', '.join(columns), ', '.join('?' * len(columns))
    tx.execute(f'INSERT INTO {table} ({names}) VALUES ({marks})', *columns.values())
