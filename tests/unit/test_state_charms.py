from __future__ import annotations

import contextlib
from pathlib import Path

from solo.charm import metadata, prepare
from solo.state import charms, db


def _add(tx: db.Transaction, model: int, name: str) -> int:
    read = metadata.parse({'name': name}, {}, {})
    return charms.add(tx, model, prepare.Prepared(read, '', Path('/charm'), ''))


def test_row_of_a_refused_charm_is_the_next_ones(tmp_path: Path) -> None:
    database = db.Database(tmp_path / 'solo.db')
    with database.write() as tx:
        model = tx.insert('model', name='m', uuid='u', created=0.0)
    refused = 0
    with contextlib.suppress(InterruptedError), database.write() as tx:
        refused = _add(tx, model, 'refused')
        charms.get(tx, refused)
        raise InterruptedError

    with database.write() as tx:
        taken = _add(tx, model, 'taken')

    assert taken == refused
    with database.read() as tx:
        assert charms.get(tx, taken).name == 'taken'
    database.close()
