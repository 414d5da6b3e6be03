"""Tests of a bundle's files: what overlays and inclusions make of them, and what is refused."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import pytest
import yaml

from solo import errors
from solo.bundle import document, spec, verify
from solo.state import storage

Json = dict[str, Any]


def load(folder: Path, base: Json, *overlays: Json) -> Json:
    paths = [folder / f'{number}.yaml' for number in range(len(overlays) + 1)]
    for path, content in zip(paths, (base, *overlays), strict=True):
        path.write_text(yaml.safe_dump(content))
    return document.load(paths[0], paths[1:])


def faults(given: Json) -> list[str]:
    bundle, found, _ = spec.read(given)
    return found or verify.faults(bundle, storage.directive)


def apps(**applications: Json) -> Json:
    return {'applications': {name: {'charm': 'x', **each} for name, each in applications.items()}}


def test_scalars_and_lists_of_an_overlay_replace_and_maps_merge(tmp_path: Path):
    base = {**apps(a={'num_units': 1, 'to': ['0'], 'options': {'x': 1, 'y': 2, 'z': {}}})}
    overlay: Json = {
        'applications': {'a': {'num_units': 2, 'to': [], 'options': {'x': 3, 'y': None}}}
    }

    whole = load(tmp_path, base, overlay)['applications']['a']

    assert whole == {'charm': 'x', 'num_units': 2, 'to': [], 'options': {'x': 3, 'z': {}}}


def test_an_empty_application_removes_it_with_its_relations(tmp_path: Path):
    base = {**apps(a={}, b={}, c={}), 'relations': [['a:x', 'b:y'], ['a', 'c']]}

    whole = load(tmp_path, base, {'applications': {'b': None}, 'relations': [['c:z', 'a:z']]})

    assert list(whole['applications']) == ['a', 'c']
    assert whole['relations'] == [['a', 'c'], ['c:z', 'a:z']]


def test_a_zip_file_with_a_bundle_in_it_is_one(tmp_path: Path):
    for name, member in (('bundle.zip', 'bundle.yaml'), ('charm.zip', 'metadata.yaml')):
        with zipfile.ZipFile(tmp_path / name, 'w') as archive:
            archive.writestr(member, yaml.safe_dump(apps(a={'charm': './x'})))

    found = [document.find(str(tmp_path / name)) for name in ('bundle.zip', 'charm.zip')]

    assert found == [tmp_path / 'bundle.zip', None]
    whole = document.load(tmp_path / 'bundle.zip', [])
    assert whole['applications']['a']['charm'] == str(tmp_path / 'x')


def test_paths_are_relative_to_the_file_that_names_them(tmp_path: Path):
    far = tmp_path / 'far'
    far.mkdir()
    (far / 'text').write_text('there')
    (tmp_path / 'text').write_text('here')
    base = {'applications': {'a': {'charm': './x', 'options': {'o': 'include-file://text'}}}}
    over = {'a': {'resources': {'r': 'f'}, 'options': {'p': 'include-base64://text'}}}
    (far / 'over.yaml').write_text(yaml.safe_dump({'applications': over}))
    (tmp_path / 'bundle.yaml').write_text(yaml.safe_dump(base))

    whole = document.load(tmp_path / 'bundle.yaml', [far / 'over.yaml'])

    assert whole['applications']['a'] == {
        'charm': str(tmp_path / 'x'),
        'options': {'o': 'here', 'p': 'dGhlcmU='},
        'resources': {'r': str(far / 'f')},
    }


@pytest.mark.parametrize(
    ('text', 'words'),
    [
        ('', 'malformed bundle: bundle is empty not valid'),
        ('a: [', 'cannot unmarshal bundle contents: yaml: '),
        ('- a', 'is no mapping of names to values'),
        (
            'applications: {a: {options: {o: "include-file://no"}}}',
            'processing option "o" for application "a": include file "{}/no" not found',
        ),
        (
            'applications: {a: {options: {o: "include-file://."}}}',
            'include path "{}" resolves to a folder',
        ),
        (
            'applications: {a: {exposed-endpoints: {x: {expose-to-cidrs: ["::/0"]}}}}',
            'applications.a.exposed-endpoints can only appear in an overlay section',
        ),
    ],
)
def test_files_that_are_no_bundles_are_refused(tmp_path: Path, text: str, words: str):
    (tmp_path / 'bundle.yaml').write_text(text)

    with pytest.raises(errors.Error) as caught:
        document.load(tmp_path / 'bundle.yaml', [])

    assert words.format(tmp_path) in caught.value.message


def test_a_bundle_is_a_yaml_file_or_a_folder_with_one(tmp_path: Path):
    (tmp_path / 'charm').mkdir()
    (tmp_path / 'charm' / 'charmcraft.yaml').touch()
    (tmp_path / 'charm' / 'bundle.yaml').touch()
    (tmp_path / 'bundle.yaml').touch()
    (tmp_path / 'bundle').write_text('applications: {}')
    (tmp_path / 'packed').write_bytes(b'PK\3\4')
    (tmp_path / 'x.charm').write_text('no archive')

    assert document.find(str(tmp_path)) == tmp_path / 'bundle.yaml'
    assert document.find(str(tmp_path / 'bundle.yaml')) == tmp_path / 'bundle.yaml'
    assert document.find(str(tmp_path / 'charm')) is None
    assert document.find(str(tmp_path / 'bundle')) == tmp_path / 'bundle'
    assert document.find(str(tmp_path / 'packed')) is None
    assert document.find(str(tmp_path / 'x.charm')) is None
    assert document.find(str(tmp_path / 'nothing')) is None


@pytest.mark.parametrize(
    ('given', 'fault'),
    [
        (apps(a={'to': ['0'], 'num_units': 1}), 'placement "0" refers to a machine not defined'),
        (apps(a={'to': ['b'], 'num_units': 1}), 'placement "b" refers to an application not'),
        (apps(a={'to': ['a/3'], 'num_units': 1}), 'specifies a unit greater than the 1 unit(s)'),
        (apps(a={'to': ['lxd:new'], 'num_units': 1}), 'placement "lxd:new" asks for a container'),
        (apps(a={'to': ['?'], 'num_units': 1}), 'invalid placement syntax "?"'),
        (apps(a={'to': ['new', 'new'], 'num_units': 1}), 'too many units specified in unit plac'),
        (apps(a={'num_units': -1}), 'negative number of units specified on application "a"'),
        (apps(a={'num_units': 1, 'scale': 2}), 'cannot specify both scale and num_units'),
        (apps(a={'storage': {'x': '0'}}), 'invalid storage "x" in application "a": count must'),
        (apps(a={'bindings': {'x': 'dmz'}}), 'wants to bind endpoint "x" to space "dmz", but'),
        (apps(a={'resources': {'r': 3}}), 'resource "r" of application "a" is revision 3'),
        (apps(a={'charm': 'cs:x'}), 'invalid charm URL in application "a": cannot parse'),
        (apps(a={'charm': ''}), 'empty charm path'),
        (apps(a={'options': 3}), 'applications.a.options: cannot unmarshal 3 into a mapping'),
        (apps(a={'expose': 'yes'}), "applications.a.expose: cannot unmarshal 'yes' into bool"),
        ({'applications': {'a': None}}, 'bundle application for key "a" is undefined'),
        ({**apps(a={}), 'machines': {'x': {}}}, 'invalid machine id "x" found in machines'),
        ({**apps(a={}), 'saas': {'a': {}}}, 'application "a" already exists with SAAS "a" name'),
        ({**apps(a={}), 'saas': {'b': {'url': '?'}}}, 'invalid offer URL "?" for SAAS b'),
        ({**apps(a={}), 'relations': [['a:x', 'a:y']]}, 'relates an application to itself'),
        ({**apps(a={}, b={}), 'relations': [['a', 'b'], ['b', 'a']]}, 'is defined more than once'),
        ({**apps(a={}, b={}), 'relations': [['a:', 'b']]}, 'invalid relation syntax "a:"'),
    ],
)
def test_a_fault_is_told_in_jujus_words(given: Json, fault: str):
    assert any(fault in each for each in faults(given)), faults(given)


def test_all_faults_are_told_at_once():
    given: Json = {
        **apps(a={'constraints': 'x=1', 'to': ['7'], 'num_units': 1}),
        'machines': {'0': {}},
    }

    assert len(faults(given)) == 3


def test_fields_that_mean_nothing_are_named():
    given = {**apps(a={'series': 'jammy', 'colour': 'red'}), 'description': 'x', 'smell': 1}

    assert spec.read(given)[2] == [
        'field smell not found in the bundle',
        'field colour not found in applications.a',
    ]
