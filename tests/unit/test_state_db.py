"""Who hears of a commit."""

from __future__ import annotations

from pathlib import Path

from solo.state import db


def test_only_what_places_are_made_from_asks_for_another_pass(tmp_path: Path):
    database = db.Database(tmp_path / 'new.db')
    heard: list[bool] = []
    database.on_commit = lambda _, places_changed: heard.append(places_changed)

    with database.write() as tx:
        model = tx.insert('model', name='m', uuid='u', created=0.0)
    with database.write() as tx:
        tx.insert('machine', model=model, name='0', provider='local', since=0.0)
    with database.write() as tx:
        tx.update('model', model, constraints='{}')
    with database.write() as tx:
        tx.execute('DELETE FROM model WHERE id = ?', model)  # and, by that, its machine

    assert heard == [False, True, False, True]
