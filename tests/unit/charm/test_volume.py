from __future__ import annotations

from pathlib import Path

from unit.charm import worlds

from pgcharm import layout, volume

MARKER = volume.Marker('pg/0', worlds.TOKEN, '16')


def inspect(storage: Path, token: str = worlds.TOKEN) -> volume.Volume:
    return volume.inspect(worlds.places(storage=storage), token)


def claim(storage: Path, marker: volume.Marker, *, with_data: bool = False) -> layout.Layout:
    places = worlds.places(storage=storage)
    volume.write_marker(places.marker, marker)
    if with_data:
        (places.data / 'global').mkdir(parents=True)
        (places.data / 'global' / 'pg_control').write_text('')
        (places.data / 'PG_VERSION').write_text('16\n')
    return places


def test_storage_that_is_not_attached_is_absent(tmp_path: Path) -> None:
    assert inspect(tmp_path / 'nothing').content is volume.Content.ABSENT


def test_new_file_system_is_empty(tmp_path: Path) -> None:
    (tmp_path / 'lost+found').mkdir()

    assert inspect(tmp_path).content is volume.Content.EMPTY


def test_strangers_files_are_foreign_and_named(tmp_path: Path) -> None:
    (tmp_path / 'photos').mkdir()

    found = inspect(tmp_path)

    assert found.content is volume.Content.FOREIGN
    assert 'photos' in found.reason


def test_marked_storage_is_ours_before_there_are_data(tmp_path: Path) -> None:
    claim(tmp_path, MARKER)

    assert inspect(tmp_path) == volume.Volume(volume.Content.OURS, MARKER)


def test_data_of_another_cluster_are_a_former_one_s(tmp_path: Path) -> None:
    claim(tmp_path, MARKER, with_data=True)

    found = inspect(tmp_path, 'another-token')

    assert found.content is volume.Content.FORMER
    assert found.has_data


def test_another_cluster_s_storage_without_data_is_empty(tmp_path: Path) -> None:
    claim(tmp_path, MARKER)

    assert inspect(tmp_path, 'another-token').content is volume.Content.EMPTY


def test_data_without_control_file_are_damaged(tmp_path: Path) -> None:
    places = claim(tmp_path, MARKER, with_data=True)
    (places.data / 'global' / 'pg_control').unlink()

    assert inspect(tmp_path, 'another-token').content is volume.Content.DAMAGED


def test_data_of_another_version_than_marked_are_damaged(tmp_path: Path) -> None:
    places = claim(tmp_path, MARKER, with_data=True)
    (places.data / 'PG_VERSION').write_text('9.6\n')

    found = inspect(tmp_path)

    assert found.content is volume.Content.DAMAGED
    assert '9.6' in found.reason


def test_broken_marker_is_damaged(tmp_path: Path) -> None:
    (tmp_path / 'volume.json').write_text('{"kind": 1}')

    assert inspect(tmp_path).content is volume.Content.DAMAGED
