"""``refresh`` and resources from the outside. Source: contract 2.8, 4.4, 7, row 46."""

from __future__ import annotations

import json
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jubilant
import little_charm
import pytest
from waiting import wait_for

BLOB: dict[str, Any] = {
    'resources': {'blob': {'type': 'file', 'filename': 'blob.bin', 'description': 'Bytes.'}}
}
UPGRADE = ['upgrade-charm', 'config-changed']
NOTE = 'echo "$JUJU_HOOK_NAME" >> hooks.log'
HOOKS: dict[str, str] = dict.fromkeys(['install', *UPGRADE, 'start'], NOTE)


@pytest.fixture
def name(juju: jubilant.Juju) -> Iterator[str]:
    """The name for an application of the test's own, which is gone afterwards."""
    name = f'app-{secrets.token_hex(2)}x'
    yield name
    if name in juju.status().apps:
        juju.remove_application(name, destroy_storage=True, force=True)


def settle(juju: jubilant.Juju, name: str) -> None:
    juju.wait(lambda status: jubilant.all_agents_idle(status, name), delay=0.2)


def run(juju: jubilant.Juju, name: str, command: str) -> str:
    return juju.exec(command, unit=f'{name}/0').stdout


def hooks(juju: jubilant.Juju, name: str, *last: str) -> list[str]:
    """Wait until *last* are the last hooks that ran, and return all of them."""
    log = wait_for(
        lambda: (
            log
            if (log := run(juju, name, 'cat hooks.log').split())[-len(last) :] == [*last]
            else None
        ),
        message=f'the last hooks of {name} are {last}',
    )
    settle(juju, name)
    return log


def refused(juju: jubilant.Juju, *words: str) -> str:
    with pytest.raises(jubilant.CLIError) as caught:
        juju.cli(*words)
    return caught.value.stderr


def test_files_that_the_charm_made_survive_and_those_it_lost_go(
    juju: jubilant.Juju, name: str, tmp_path: Path
):
    """Row 46 and the manifest rule."""
    old = little_charm.make(tmp_path / 'old', hooks=HOOKS, files={'src/old.txt': 'old'})
    new = little_charm.make(tmp_path / 'new', hooks=HOOKS, files={'src/new.txt': 'new'})
    juju.deploy(old, name)
    settle(juju, name)
    run(juju, name, 'mkdir -p src/own && touch .unit-state.db src/mine src/own/deep')
    before = run(juju, name, 'cat hooks.log').split()

    juju.refresh(name, path=new)

    assert before == ['install', 'config-changed', 'start']
    assert hooks(juju, name, *UPGRADE)[3:] == UPGRADE
    assert run(juju, name, 'cat src/new.txt') == 'new'
    assert run(juju, name, 'ls src').split() == ['mine', 'new.txt', 'own']
    assert run(juju, name, 'ls -A src/own .unit-state.db').split()[-1] == 'deep'


def test_a_new_charm_gets_the_settings_that_it_still_has(
    juju: jubilant.Juju, name: str, tmp_path: Path
):
    text, number = {'type': 'string', 'default': 'x'}, {'type': 'int', 'default': 1}
    old = little_charm.make(tmp_path / 'old', options={'keep': text, 'gone': text, 'turn': text})
    new = little_charm.make(tmp_path / 'new', options={'keep': text, 'turn': number, 'more': text})
    juju.deploy(old, name, config={'keep': 'kept', 'gone': 'away', 'turn': 'word'})

    out = juju.cli('refresh', name, '--path', str(new), '--config', 'more=set')

    assert out == ''
    assert dict(juju.config(name)) == {'keep': 'kept', 'turn': 1, 'more': 'set'}


@pytest.mark.parametrize(
    ('change', 'why'),
    [
        ({'storage': {}}, 'in-use storage "data" removed'),
        (
            {'storage': {'data': {'type': 'filesystem', 'location': '/elsewhere'}}},
            'existing storage "data" location changed from "" to "/elsewhere"',
        ),
        (
            {'storage': {'data': {'type': 'block'}}},
            'existing storage "data" type changed from "filesystem" to "block"',
        ),
        ({'peers': {}}, 'would break relation "'),
        (
            {'subordinate': True, 'requires': {'up': {'interface': 'x', 'scope': 'container'}}},
            "cannot change an application's subordinacy",
        ),
        ({'name': 'other'}, 'cannot refresh "little" to "other"'),
    ],
)
def test_a_charm_that_would_break_what_is_in_use_is_refused(
    juju: jubilant.Juju, tmp_path: Path, change: dict[str, Any], why: str
):
    fields: dict[str, Any] = {
        'storage': {'data': {'type': 'filesystem'}},
        'peers': {'ring': {'interface': 'ring'}},
    }
    name = 'steady'
    if name not in juju.status().apps:
        juju.deploy(little_charm.make(tmp_path / 'old', **fields), name)
        settle(juju, name)
    new = little_charm.make(tmp_path / 'new', **{**fields, **change})
    before = juju.status().apps[name].charm_rev

    assert why in refused(juju, 'refresh', name, '--path', str(new))
    assert juju.status().apps[name].charm_rev == before


def test_storage_that_a_new_charm_needs_is_made_for_units_that_are_there(
    juju: jubilant.Juju, name: str, tmp_path: Path
):
    juju.deploy(little_charm.make(tmp_path / 'old', hooks=HOOKS), name)
    settle(juju, name)
    attached = {**HOOKS, 'data-storage-attached': NOTE}
    more = {'data': {'type': 'filesystem'}}

    juju.refresh(name, path=little_charm.make(tmp_path / 'new', hooks=attached, storage=more))

    wait_for(lambda: 'data-storage-attached' in run(juju, name, 'cat hooks.log'))
    assert run(juju, name, 'cat hooks.log').split()[:3] == ['install', 'config-changed', 'start']


def test_a_charm_of_another_name_takes_switch(juju: jubilant.Juju, name: str, tmp_path: Path):
    juju.deploy(little_charm.make(tmp_path / 'old'), name)

    juju.cli('refresh', name, '--switch', str(little_charm.make(tmp_path / 'new', name='other')))

    assert juju.status().apps[name].charm_name == 'other'


def test_a_failed_hook_gets_its_new_charm_by_force(juju: jubilant.Juju, name: str, tmp_path: Path):
    """Contract 2.9: while in error only actions, juju-exec and a forced refresh run."""
    bad = little_charm.make(tmp_path / 'bad', hooks={**HOOKS, 'config-changed': 'exit 1'})
    good = little_charm.make(tmp_path / 'good', hooks=HOOKS)
    juju.model_config({'automatically-retry-hooks': False})
    juju.deploy(bad, name)
    juju.wait(lambda status: jubilant.all_error(status, name), delay=0.2)

    juju.refresh(name, path=good)
    unforced = juju.status().apps[name].units[f'{name}/0'].workload_status.current
    juju.cli('refresh', name, '--path', str(good), '--force-units')
    log = hooks(juju, name, 'config-changed', 'start')
    juju.model_config(reset='automatically-retry-hooks')

    assert unforced == 'error'
    # The hook that had failed runs again, and no upgrade-charm.
    assert log == ['install', 'config-changed', 'start']


def test_without_a_path_there_is_nothing_to_refresh_to(
    juju: jubilant.Juju, name: str, tmp_path: Path
):
    juju.deploy(little_charm.make(tmp_path / 'charm'), name)

    assert 'refreshing a local charm requires either --path or --switch' in refused(
        juju, 'refresh', name
    )
    assert '--switch and --path are mutually exclusive' in refused(
        juju, 'refresh', name, '--path', './a', '--switch', './b'
    )


# -- resources -------------------------------------------------------------------------------


def test_a_resource_is_the_file_of_its_deployment_until_another_is_attached(
    juju: jubilant.Juju, name: str, tmp_path: Path
):
    """Row 48, and contract 2.8: attach-resource runs upgrade-charm and config-changed."""
    charm = little_charm.make(tmp_path / 'charm', hooks=HOOKS, **BLOB)
    blob = tmp_path / 'some file'
    blob.write_text('one')
    juju.deploy(charm, name, resources={'blob': str(blob)})
    settle(juju, name)
    blob.write_text('changed behind our back')

    path = run(juju, name, 'resource-get blob')
    first = run(juju, name, f'cat {path}')
    blob.write_text('two')
    juju.cli('attach-resource', name, f'blob={blob}')
    log = hooks(juju, name, *UPGRADE)
    again = run(juju, name, 'resource-get blob')

    assert path.endswith('/resources/blob/blob.bin')
    assert (first, again) == ('one', path)
    assert run(juju, name, f'cat {path}') == 'two'
    assert log[3:] == UPGRADE


def test_resources_are_listed(juju: jubilant.Juju, name: str, tmp_path: Path):
    charm = little_charm.make(tmp_path / 'charm', **BLOB)
    (tmp_path / 'blob').write_text('12345')
    juju.deploy(charm, name)

    nothing = juju.cli('resources', name)
    juju.cli('attach-resource', name, f'blob={tmp_path}/blob')
    (listed,) = json.loads(juju.cli('resources', name, '--format', 'json'))['resources']

    assert nothing == ''
    assert listed['resourceid'] == f'{name}/blob'
    assert (listed['size'], listed['origin'], listed['path']) == (5, 'upload', 'blob.bin')
    assert juju.cli('resources', name).split()[:4] == ['Resource', 'Supplied', 'by', 'Revision']


def test_a_resource_that_is_not_there_fails_only_who_asks(
    juju: jubilant.Juju, name: str, tmp_path: Path
):
    """Contract 4.4: a missing resource doesn't fail the deployment."""
    charm = little_charm.make(tmp_path / 'charm', **BLOB)
    juju.deploy(charm, name)
    settle(juju, name)

    with pytest.raises(jubilant.TaskError) as caught:
        juju.exec('resource-get blob', unit=f'{name}/0')
    unknown = refused(juju, 'attach-resource', name, f'nope={tmp_path}/charm/metadata.yaml')
    missing = refused(juju, 'attach-resource', name, f'blob={tmp_path}/missing')

    assert 'could not download resource' in caught.value.task.stderr
    assert 'unrecognized resource "nope"' in unknown
    assert 'cannot open resource "blob"' in missing and 'no such file' in missing


def test_a_refresh_keeps_resources_or_takes_new_ones(
    juju: jubilant.Juju, name: str, tmp_path: Path
):
    charm = little_charm.make(tmp_path / 'charm', hooks=HOOKS, **BLOB)
    newer = Path(shutil.copytree(charm, tmp_path / 'newer'))
    (newer / 'more').write_text('x')
    (tmp_path / 'blob').write_text('one')
    (tmp_path / 'blob2').write_text('two')
    juju.deploy(charm, name, resources={'blob': str(tmp_path / 'blob')})
    settle(juju, name)

    juju.refresh(name, path=newer)
    hooks(juju, name, *UPGRADE)
    kept = run(juju, name, 'cat $(resource-get blob)')
    juju.refresh(name, path=charm, resources={'blob': str(tmp_path / 'blob2')})
    hooks(juju, name, *UPGRADE, *UPGRADE)

    assert kept == 'one'
    assert run(juju, name, 'cat $(resource-get blob)') == 'two'
