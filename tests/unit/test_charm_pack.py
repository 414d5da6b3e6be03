"""Packing a charm, as far as it needs no network."""

from __future__ import annotations

from pathlib import Path

import pytest

from solo import errors
from solo.charm import pack


def test_where_the_file_goes_is_looked_at_before_anything_is_collected(tmp_path: Path):
    (tmp_path / 'metadata.yaml').write_text('name: a')
    told: list[str] = []

    with pytest.raises(errors.Error, match='there is no such folder'):
        pack.pack(tmp_path, tmp_path / 'a.charm', told.append)

    assert told == []


@pytest.mark.parametrize(
    ('content', 'bases'),
    [
        ('{}', ['24.04']),
        ('base: ubuntu@22.04', ['22.04']),
        ('platforms: {ubuntu@22.04:amd64: , ubuntu@24.04:amd64: }', ['22.04', '24.04']),
        ('bases: [{build-on: [{channel: "20.04"}]}]', ['20.04']),
    ],
)
def test_bases_are_those_that_are_named_or_the_newest(
    tmp_path: Path, content: str, bases: list[str]
):
    (tmp_path / 'charmcraft.yaml').write_text(content)

    assert pack.bases_of(tmp_path) == bases
