"""The way of the services' user to the unit's files."""

from __future__ import annotations

from pathlib import Path

from pgcharm import reach


def test_the_first_closed_folder_on_the_way_is_named(tmp_path: Path):
    closed, inside = tmp_path / 'closed', tmp_path / 'closed' / 'in' / 'side'
    inside.mkdir(parents=True)
    closed.chmod(0o700)

    found = reach.closed_folder([tmp_path, inside], may_enter=lambda folder: folder != closed)

    assert found == closed


def test_a_folder_that_is_open_to_that_user_alone_is_no_obstacle(tmp_path: Path):
    tmp_path.chmod(0o700)

    assert reach.closed_folder([tmp_path], may_enter=lambda _: True) is None


def test_a_folder_that_is_open_to_everybody_needs_no_question():
    def refuse(folder: Path) -> bool:
        raise AssertionError(f'asked about {folder}')

    assert reach.closed_folder([Path('/usr/lib')], may_enter=refuse) is None
