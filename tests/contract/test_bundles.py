"""``deploy`` of bundles, ``export-bundle`` and ``diff-bundle``.

Source: juju: core/bundle/changes/, cmd/juju/application/deployer/bundlehandler.go;
juju/charm: bundledata.go, overlay.go.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from contract_model import CHARMS, Model

Json = dict[str, Any]


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A folder for bundles, with a charm beside them."""
    shutil.copytree(CHARMS / 'tracer', tmp_path / 'tracer', symlinks=True)
    return tmp_path


def write(path: Path, *documents: Json) -> str:
    path.write_text(yaml.safe_dump_all(documents))
    return str(path)


def two(model: Model, **a: Any) -> Json:
    """Return a bundle of ``a`` and ``b``, which are related; *a* is more of ``a``."""
    options = {'trace-file': str(model.folder / 'trace')}
    return {
        'applications': {
            'a': {'charm': './tracer', 'num_units': 1, 'options': options, **a},
            'b': {'charm': './tracer', 'num_units': 1, 'options': options},
        },
        'relations': [['a:server', 'b:client']],
    }


def test_a_bundle_is_deployed_once_and_then_there_is_nothing_to_do(model: Model, place: Path):
    bundle = two(model, num_units=2, to=['0', '1'], expose=True, constraints='mem=2G')
    bundle['applications']['b'].update({'to': ['a/1'], 'options': {}})
    bundle['machines'] = {'0': {}, '1': {'constraints': 'cores=1'}}
    bundle['applications']['b']['options'] = {'trace-file': str(model.folder / 'trace')}
    path = write(place / 'bundle.yaml', bundle)

    planned = model.juju('deploy', path, '--dry-run')
    before = model.status()['applications']
    done = model.ask('deploy', path)
    model.wait_hook('b/0', 'client-relation-changed a/1')
    again = model.ask('deploy', path)

    lines = done.out.splitlines()
    assert before == {}
    assert planned.splitlines() == ['Changes to deploy bundle:', *lines[1:]]
    assert lines[0] == 'Executing changes:'
    assert [
        line for line in lines if 'charm' not in line and 'deploy application' not in line
    ] == [
        'Executing changes:',
        '- expose all endpoints of a and allow access from CIDRs 0.0.0.0/0 and ::/0',
        '- add new machine 0',
        '- add new machine 1',
        '- add relation a:server - b:client',
        '- add unit a/0 to new machine 0',
        '- add unit a/1 to new machine 1',
        '- add unit b/0 to new machine 1 to satisfy [a/1]',
    ]
    assert done.err.endswith('Deploy of bundle completed.\n')
    assert (again.code, again.out, again.err) == (0, '', 'No changes to apply.\n')
    units = model.units()
    assert [units[name]['machine'] for name in ('a/0', 'a/1', 'b/0')] == ['0', '1', '1']
    assert model.status()['applications']['a']['exposed'] is True
    assert model.juju('constraints', 'a') == 'mem=2048M\n'


def test_what_changed_in_a_bundle_is_changed_and_nothing_is_taken_away(model: Model, place: Path):
    path = write(place / 'bundle.yaml', two(model))
    model.juju('deploy', path)
    changed = two(model, num_units=2, options={'on-hook': '{"start": "true"}'})
    del changed['applications']['b']
    changed['relations'] = []
    write(place / 'bundle.yaml', changed)

    done = model.juju('deploy', path)

    assert done.splitlines() == [
        'Executing changes:',
        '- set application options for a',
        '- add unit a/1 to new machine 2',
    ]
    assert sorted(model.status()['applications']) == ['a', 'b']
    assert (
        json.loads(model.juju('config', 'a', '--format', 'json'))['settings']['on-hook']['value']
        == '{"start": "true"}'
    )


def test_overlays_are_laid_over_and_files_included(model: Model, place: Path):
    base = two(model, options={'on-hook': 'include-file://hooks.json'})
    (place / 'hooks.json').write_text('{"install": "true"}')
    (place / 'far').mkdir()
    (place / 'far' / 'name').write_text('x')
    document = {'applications': {'a': {'offers': {'o': {'endpoints': ['server']}}}}}
    overlay = {
        'applications': {'b': None, 'a': {'options': {'trace-file': 'include-base64://name'}}}
    }
    path = write(place / 'bundle.yaml', base, document)

    model.juju('deploy', path, '--overlay', write(place / 'far' / 'over.yaml', overlay))

    status = model.status()
    settings = json.loads(model.juju('config', 'a', '--format', 'json'))['settings']
    assert list(status['applications']) == ['a']
    assert status['offers']['o']['application'] == 'a'
    assert settings['on-hook']['value'] == '{"install": "true"}'
    assert settings['trace-file']['value'] == 'eA=='


def test_an_export_deploys_to_the_same_and_does_not_differ(
    model: Model, new_model: Callable[[], Model], place: Path
):
    bundle = two(model, num_units=2, expose=True, constraints='mem=1G', trust=True)
    bundle['applications']['d'] = {'charm': str(CHARMS / 'tracer-storage')}
    bundle['applications']['d']['storage'] = {'logs': '2,1G'}
    overlay = {'applications': {'a': {'offers': {'o': {'endpoints': ['server', 'web']}}}}}
    model.juju('deploy', write(place / 'bundle.yaml', bundle, overlay), '--trust')
    out = place / 'out.yaml'

    told = model.juju('export-bundle', '--filename', str(out))
    same = model.juju('diff-bundle', str(out))
    other = new_model()
    other.juju('deploy', str(out), '--trust')

    assert told == f'Bundle successfully exported to {out}\n'
    assert yaml.safe_load(same) == {}
    first, second = (yaml.safe_load_all(each.juju('export-bundle')) for each in (model, other))
    assert [*first] == [*second]
    exported, offers = yaml.safe_load_all(out.read_text())
    assert (
        exported['applications']['a'].items()
        >= {
            'charm': 'local:tracer-0',
            'num_units': 2,
            'to': ['0', '1'],
            'expose': True,
            'trust': True,
            'constraints': 'mem=1024M',
        }.items()
    )
    assert exported['applications']['d']['storage'] == {'logs': '2,1024M'}
    assert exported['relations'] == [['a:server', 'b:client']]
    assert offers['applications']['a']['offers']['o']['endpoints'] == ['server', 'web']


def test_differences_are_told_in_jujus_form(model: Model, place: Path):
    model.juju('deploy', write(place / 'bundle.yaml', two(model)))
    exported = next(yaml.safe_load_all(model.juju('export-bundle')))
    exported['applications']['a'].update({'num_units': 2, 'constraints': 'mem=4G'})
    exported['applications']['a']['options']['on-hook'] = '{}'
    del exported['applications']['b'], exported['relations'], exported['machines']['1']
    exported['applications']['a'].pop('to')
    exported['applications']['new'] = {'charm': 'local:tracer-0', 'num_units': 1, 'to': ['0']}
    exported['relations'] = [['new:server', 'a:client']]

    told = yaml.safe_load(model.juju('diff-bundle', write(place / 'other.yaml', exported)))

    assert told == {
        'applications': {
            'a': {
                'num_units': {'bundle': 2, 'model': 1},
                'options': {'on-hook': {'bundle': '{}', 'model': None}},
                'constraints': {'bundle': 'mem=4096M', 'model': ''},
            },
            'b': {'missing': 'bundle'},
            'new': {'missing': 'model'},
        },
        'machines': {'1': {'missing': 'bundle'}},
        'relations': {
            'bundle-additions': [['a:client', 'new:server']],
            'model-additions': [['a:server', 'b:client']],
        },
    }


@pytest.mark.parametrize(
    ('change', 'words'),
    [
        ({'applications': {}}, 'at least one application must be specified'),
        ({'machines': {'0': {}}}, 'machine "0" is not referred to by a placement directive'),
        ({'relations': [['a']]}, 'relation ["a"] has 1 endpoint(s), not 2'),
        (
            {'relations': [['a', 'z']]},
            'relation ["a" "z"] refers to application "z" not defined in this bundle',
        ),
        (
            {'relations': [['a:server', 'b:other']]},
            'cannot add relation between "a:server" and "b:other": no relations found',
        ),
        ({'applications': {'a': {'charm': './none'}}}, 'charm path in application "a" does not'),
        (
            {'applications': {'a': {'charm': './tracer', 'num_units': 'x'}}},
            "applications.a.num_units: cannot unmarshal 'x' into int",
        ),
        (
            {'applications': {'a': {'charm': './tracer', 'options': {'x': 1}}}},
            'cannot deploy application "a": unknown option "x"',
        ),
        (
            {'applications': {'a': {'charm': './tracer', 'constraints': 'x=1'}}},
            'invalid constraints "x=1" in application "a": unknown constraint "x"',
        ),
        (
            {'applications': {'a': {'charm': './tracer', 'trust': True}}},
            'Please repeat the deploy command with the --trust argument',
        ),
        (
            {'applications': {'a': {'charm': './tracer', 'offers': {'o': {}}}}},
            'applications.a.offers can only appear in an overlay section',
        ),
    ],
)
def test_a_wrong_bundle_is_refused_and_nothing_of_it_is_deployed(
    shared: Model, place: Path, change: Json, words: str
):
    bundle = two(shared)
    if 'relations' not in change:
        bundle['relations'] = []
    path = write(place / 'bundle.yaml', {**bundle, **change})

    told = shared.ask('deploy', path)

    assert told.code == 1
    assert told.err.startswith('ERROR cannot deploy bundle: ')
    assert words in told.err
    assert shared.status()['applications'] == {}
    assert shared.status()['machines'] == {}


def test_a_bundle_may_consume_another_models_offer(
    model: Model, new_model: Callable[[], Model], place: Path
):
    other = new_model()
    other.deploy('a')
    other.juju('offer', 'a:server', 'thing')
    bundle = two(model)
    del bundle['applications']['a']
    bundle['saas'] = {'far': {'url': f'admin/{other.name}.thing'}}
    bundle['relations'] = [['far:server', 'b:client']]

    done = model.juju('deploy', write(place / 'bundle.yaml', bundle))

    assert f'- consume offer far at admin/{other.name}.thing' in done.splitlines()
    model.wait_hook('b/0', 'client-relation-joined far/0')
    exported = yaml.safe_load(model.juju('export-bundle'))
    assert exported['saas']['far']['url'].endswith(f'admin/{other.name}.thing')
    assert exported['relations'] == [['b:client', 'far:server']]
