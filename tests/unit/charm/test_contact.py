"""Whether the primary's log went on after this unit had lost etcd."""

from __future__ import annotations

from pathlib import Path

import pytest

from pgcharm import cluster, contact, https


@pytest.mark.parametrize(
    ('log_at', 'is_gap'),
    [(None, False), (100.0, False), (105.9, False), (106.1, True), (200.0, True)],
)
def test_log_that_came_after_the_lease_may_have_ended_is_a_gap(
    log_at: float | None, is_gap: bool
) -> None:
    assert (contact.gap(100.0, log_at, 7) is not None) is is_gap


def test_gap_is_read_as_it_was_written(tmp_path: Path) -> None:
    path = tmp_path / 'contact'
    assert contact.read(path) is None

    path.write_text(str(contact.Gap(1_900_000_000.0, 1_900_000_060.0)))
    found = contact.read(path)
    path.write_text('half')

    assert found is not None
    assert found == contact.Gap(1_900_000_000.0, 1_900_000_060.0)
    assert found.since == '2030-03-17 17:46:40 UTC'
    assert contact.read(path) is None


def watched(path: Path, now: float) -> contact.Contact:
    missing = path / 'missing'
    door = https.Door('127.0.0.1', 1, missing, missing, missing, 'u', 'p')
    return contact.Contact(path / 'contact', door, missing, now)


def test_gap_is_forgotten_after_a_while_of_contact(tmp_path: Path) -> None:
    file = tmp_path / 'contact'
    file.write_text('100 200')
    found = watched(tmp_path, 300.0)

    found.hear(cluster.State('replica', 'running', etcd_at=302.0))
    found.look(303.0)
    assert file.exists()

    found.hear(cluster.State('replica', 'running', etcd_at=310.0))
    found.hear(None)
    found.look(311.0)
    assert not file.exists()
