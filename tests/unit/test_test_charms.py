"""The charms of tests/charms are what their README says, and the tracer traces."""

from __future__ import annotations

from pathlib import Path

import pytest

from solo import errors
from solo.charm import metadata

CHARMS = Path(__file__).resolve().parents[1] / 'charms'
TRACERS = ('tracer', 'tracer-storage', 'tracer-sub')
RELATION = ('created', 'joined', 'changed', 'departed', 'broken')


def test_the_readme_names_every_charm():
    readme = (CHARMS / 'README.md').read_text()

    for folder in CHARMS.iterdir():
        assert folder.name == 'README.md' or f'| `{folder.name}` |' in readme


def test_the_tracers_are_one_program():
    assert len({(CHARMS / name / 'trace').read_bytes() for name in TRACERS}) == 1


@pytest.mark.parametrize('name', TRACERS)
def test_a_tracer_has_a_hook_for_all_that_it_declares(name: str):
    charm = metadata.read(CHARMS / name)
    hooks = {path.name for path in (CHARMS / name / 'hooks').iterdir()}

    relations = {f'{end.name}-relation-{what}' for end in charm.endpoints for what in RELATION}
    storage = {
        f'{one.name}-storage-{what}' for one in charm.storage for what in ('attached', 'detaching')
    }

    assert {hook for hook in hooks if '-relation-' in hook} == relations
    assert {hook for hook in hooks if '-storage-' in hook} == storage
    assert hooks > {'install', 'config-changed', 'start', 'stop', 'remove', 'secret-changed'}


@pytest.mark.parametrize('name', ['broken-metadata', 'wrong-metadata'])
def test_a_broken_charm_is_refused(name: str):
    with pytest.raises(errors.Error):
        metadata.read(CHARMS / name)


@pytest.mark.parametrize(
    'name', ['ops-tiny', 'mixed', 'broken-requirements', 'non-executable', 'non-executable-hook']
)
def test_every_other_charm_is_read(name: str):
    assert metadata.read(CHARMS / name).name == name
