"""Whatever stands in the files of a charm, it is read, or told with its place."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as some

from solo import errors
from solo.charm import loading, metadata, pack, parts, prepare

_KEYS = (
    *('name', 'parts', 'plugin', 'source', 'stage', 'charm-requirements', 'charm-libs', 'lib'),
    *('platforms', 'bases', 'config', 'options', 'actions', 'params', 'required', 'type'),
    *('default', 'properties', 'items', 'enum', 'pattern', 'minimum', 'storage', 'multiple'),
    *('provides', 'requires', 'peers', 'limit', 'scope', 'interface', 'resources', 'assumes'),
)
_ANYTHING = some.recursive(
    some.none() | some.booleans() | some.integers() | some.text('ab.[:', max_size=3),
    lambda inside: (
        some.lists(inside, max_size=2)
        | some.dictionaries(some.sampled_from(_KEYS) | some.integers(), inside, max_size=4)
    ),
    max_leaves=12,
)


@given(_ANYTHING)
def test_nothing_in_charmcraft_yaml_is_a_fault_of_ours(content: object):
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / 'charmcraft.yaml').write_text(yaml.safe_dump(content))
        for read in (parts.read, _beside, pack.bases_of, metadata.read, prepare.split):
            try:
                read(folder)
            except errors.Error as error:
                assert str(error)


def _beside(folder: Path) -> list[tuple[Path, Path]]:
    return list(parts.beside(folder))


@pytest.mark.parametrize(
    ('name', 'text', 'fault'),
    [
        ('charmcraft.yaml', 'name: [', 'charmcraft.yaml": '),
        ('charmcraft.yaml', 'name: a\nparts: x', 'parts: expected a mapping'),
        ('charmcraft.yaml', 'name: a\nparts: {charm: x}', 'parts: charm: expected a mapping'),
        ('charmcraft.yaml', 'name: a\nconfig: x', 'config: expected a mapping'),
        ('charmcraft.yaml', 'name: a\nactions: {b: x}', 'actions: b: expected a mapping'),
        (
            'charmcraft.yaml',
            'name: a\nactions: {b: {params: {c: {pattern: "["}}}}',
            'actions: b: c.pattern: unterminated character set',
        ),
        ('metadata.yaml', 'name: a\nstorage: {data: x}', 'storage: data: expected a mapping'),
        ('metadata.yaml', '- a', 'metadata.yaml": it is not a mapping'),
    ],
)
def test_what_is_wrong_is_told_with_its_place(tmp_path: Path, name: str, text: str, fault: str):
    (tmp_path / name).write_text(text)

    with pytest.raises(errors.Error) as refused:
        parts.read(tmp_path)
        metadata.read(tmp_path)

    assert fault in str(refused.value)


def test_a_missing_file_is_none(tmp_path: Path):
    assert loading.mapping(tmp_path, 'charmcraft.yaml') is None
