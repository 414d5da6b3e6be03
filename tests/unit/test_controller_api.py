"""When a unit has something to do by itself."""

from __future__ import annotations

import json
from pathlib import Path

from solo.charm import metadata, prepare
from solo.controller import api
from solo.state import charms, db


def test_what_was_due_when_a_unit_looked_does_not_wake_it_again(tmp_path: Path):
    database = db.Database(tmp_path / 'solo.db')
    with database.write() as tx:
        model = tx.insert('model', name='m', uuid='u', created=0.0)
        machine = tx.insert('machine', model=model, name='0', provider='local', since=0.0)
        read = metadata.parse({'name': 'a'}, {}, {})
        charm = charms.add(tx, model, prepare.Prepared(read, '', Path('/charm'), ''))
        unit = tx.insert(
            'unit',
            application=tx.insert('application', model=model, name='a', charm=charm),
            number=0,
            machine=machine,
            workload_since=0.0,
            agent_since=0.0,
            update_status_at=100.0,  # which a failed hook keeps from being run
            local=json.dumps({'retry_at': 50.0}),
        )
    agents = api.AgentApi(database, tmp_path)

    assert agents.next_wake(unit, 40.0) == 50.0
    assert agents.next_wake(unit, 60.0) == 100.0
    assert agents.next_wake(unit, 100.0) is None
