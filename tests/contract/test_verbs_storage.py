"""Storage from the outside: ``--storage``, ``--attach-storage``, and the verbs of storage."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jubilant
import pytest
from waiting import wait_for

CHARM = Path(__file__).parents[1] / 'charms' / 'tracer-storage'


def instances(juju: jubilant.Juju) -> dict[str, Any]:
    text = juju.cli('storage', '--format', 'json')
    return json.loads(text)['storage'] if text else {}


def place(juju: jubilant.Juju, name: str) -> Path:
    """Where the unit that holds the storage sees it."""
    (unit,) = instances(juju)[name]['attachments']['units'].values()
    return Path(unit['location'])


def settle(juju: jubilant.Juju) -> None:
    juju.wait(jubilant.all_agents_idle, delay=0.2)


def say(juju: jubilant.Juju, *words: str, fails: str = '') -> str:
    """Run a verb and return what it tells people; *fails* is a part of that when it must fail."""
    if not fails:
        return juju.cli(*words)
    with pytest.raises(jubilant.CLIError) as caught:
        juju.cli(*words)
    assert fails in caught.value.stderr
    return caught.value.stderr


@pytest.fixture(scope='module')
def app(juju: jubilant.Juju) -> str:
    """An application with one unit, whose ``data`` are the default pool's."""
    juju.deploy(CHARM, 'app')
    settle(juju)
    return 'app'


@pytest.fixture
def spare(juju: jubilant.Juju, app: str) -> Iterator[str]:
    """An application of the test's own, which is gone afterwards with its storage."""
    name = f'spare-{secrets.token_hex(2)}x'
    yield name
    if name in juju.status().apps:
        juju.remove_application(name, destroy_storage=True, force=True)
        juju.wait(lambda status: name not in status.apps, delay=0.2)


def test_a_unit_removed_and_made_again_with_its_storage_has_its_data(
    juju: jubilant.Juju, app: str
):
    """Contract 4.4: what ``--attach-storage`` is for."""
    (name,) = [each for each in instances(juju) if each.startswith('data/')]
    (place(juju, name) / 'kept').write_text('precious')

    out = juju.cli('remove-unit', '--no-prompt', 'app/0')
    juju.wait(lambda status: not status.apps[app].units, delay=0.2)
    detached = instances(juju)[name]
    juju.add_unit(app, attach_storage=name)
    settle(juju)

    assert out == f'will remove unit app/0\n- will detach storage {name}\n'
    assert detached['status']['current'] == 'detached'
    assert 'attachments' not in detached
    assert (place(juju, name) / 'kept').read_text() == 'precious'
    assert [each for each in instances(juju) if each.startswith('data/')] == [name]


def test_storage_that_a_unit_holds_cannot_be_attached_elsewhere(juju: jubilant.Juju, app: str):
    (name,) = [each for each in instances(juju) if each.startswith('data/')]

    say(
        juju,
        *('add-unit', app, '--attach-storage', name),
        fails=f'cannot attach storage {name} to unit app/2: storage is attached to unit app/',
    )
    say(juju, 'add-unit', app, '--attach-storage', 'data/99', fails='"data/99" not found')


def test_added_storage_is_mounted_where_the_charm_wants_it(juju: jubilant.Juju, app: str):
    """Contract section 7 and row 51: single at its location, multiple below it by id."""
    unit = next(iter(juju.status().apps[app].units))

    juju.cli('add-storage', unit, 'srv', 'logs=2,100M')
    settle(juju)
    found = instances(juju)
    srv = next(name for name in found if name.startswith('srv/'))
    logs = [name for name in found if name.startswith('logs/')]

    assert str(place(juju, srv)).endswith('/srv/tracer')
    assert len(logs) == 2
    for name in logs:
        assert str(place(juju, name)).endswith(f'/srv/tracer-logs/{name}')
        assert place(juju, name).is_dir()
    traced = juju.exec('cat trace.jsonl', unit=unit).stdout
    names = [json.loads(line)['name'] for line in traced.splitlines()]
    assert names.count('logs-storage-attached') == 2
    assert names.count('srv-storage-attached') == 1


def test_add_storage_is_refused_where_the_charm_sets_limits(juju: jubilant.Juju, app: str):
    unit = next(iter(juju.status().apps[app].units))

    say(
        juju,
        *('add-storage', unit, 'data'),
        fails=f'failed to add storage "data" to {unit}: charm "tracer-storage" store "data": '
        'at most 1 instances supported, 2 specified',
    )
    say(juju, 'add-storage', unit, 'nope', fails='has no store called "nope"')
    say(juju, 'add-storage', unit, 'logs=elsewhere', fails='pool "elsewhere" not found')


def test_detached_storage_leaves_the_unit_and_comes_back(juju: jubilant.Juju, app: str):
    unit = next(iter(juju.status().apps[app].units))
    before = set(instances(juju))
    juju.cli('add-storage', unit, 'logs')
    settle(juju)
    (name,) = set(instances(juju)) - before
    where = place(juju, name)
    (where / 'kept').write_text('x')

    juju.cli('detach-storage', name)
    wait_for(lambda: instances(juju)[name]['status']['current'] == 'detached')
    wait_for(lambda: not where.is_symlink(), message='the place in the machine is cleared')
    juju.cli('attach-storage', unit, name)
    wait_for(lambda: instances(juju)[name]['status']['current'] == 'attached')
    settle(juju)

    assert (place(juju, name) / 'kept').read_text() == 'x'
    lines = juju.exec('cat trace.jsonl', unit=unit).stdout.splitlines()
    hooks = [
        json.loads(line)['name']
        for line in lines
        if json.loads(line)['env'].get('JUJU_STORAGE_ID') == name
    ]
    assert hooks == ['logs-storage-attached', 'logs-storage-detaching', 'logs-storage-attached']


def test_storage_in_use_is_removed_only_by_force(juju: jubilant.Juju, app: str):
    unit = next(iter(juju.status().apps[app].units))
    before = set(instances(juju))
    juju.cli('add-storage', unit, 'logs')
    settle(juju)
    (name,) = set(instances(juju)) - before
    folder = place(juju, name).resolve()

    refused = say(juju, 'remove-storage', name, fails=f'failed to remove {name}: storage is att')
    juju.cli('remove-storage', '--force', name)
    wait_for(lambda: name not in instances(juju))

    assert 'Use the --force option to remove attached storage' in refused
    assert not folder.exists()


def test_what_rootfs_and_tmpfs_hold_goes_with_the_unit(juju: jubilant.Juju, spare: str):
    juju.deploy(CHARM, spare, storage={'data': 'rootfs', 'logs': 'tmpfs,2,64M'})
    settle(juju)
    mine = {
        name: each
        for name, each in instances(juju).items()
        if any(
            unit.startswith(f'{spare}/') for unit in each.get('attachments', {}).get('units', {})
        )
    }
    folders = {name: place(juju, name).resolve() for name in mine}
    shown = json.loads(juju.cli('storage', '--format', 'json'))['filesystems'].values()
    pools = {each['storage']: (each['pool'], each['size']) for each in shown}

    out = juju.cli('remove-unit', '--no-prompt', f'{spare}/0')
    juju.wait(lambda status: not status.apps[spare].units, delay=0.2)
    wait_for(lambda: not set(mine) & set(instances(juju)))

    assert sorted(pools[name] for name in mine) == [
        ('rootfs', 1024),
        ('tmpfs', 64),
        ('tmpfs', 64),
    ]
    assert [str(folder).startswith('/dev/shm/') for _, folder in sorted(folders.items())] == [
        False,
        True,
        True,
    ]
    assert [line.split()[2] for line in out.splitlines()[1:]] == ['remove'] * 3
    assert not any(folder.exists() for folder in folders.values())
    assert not any(each['persistent'] for each in mine.values())


def test_a_path_is_a_pool(juju: jubilant.Juju, spare: str, tmp_path: Path):
    tmp_path.chmod(0o711)

    juju.deploy(CHARM, spare, storage={'data': f'{tmp_path},5G'})
    settle(juju)
    (name,) = [
        name
        for name, each in instances(juju).items()
        if f'{spare}/0' in each.get('attachments', {}).get('units', {})
    ]
    (place(juju, name) / 'kept').write_text('x')
    juju.remove_application(spare)
    juju.wait(lambda status: spare not in status.apps, delay=0.2)
    juju.cli('remove-storage', '--no-destroy', name)
    wait_for(lambda: name not in instances(juju))

    (kept,) = tmp_path.glob('*/*/kept')
    juju.cli('import-filesystem', 'folders', str(kept.parent), 'data')
    imported = next(n for n, each in instances(juju).items() if 'attachments' not in each)
    juju.deploy(CHARM, spare, attach_storage=imported)
    settle(juju)
    assert (place(juju, imported) / 'kept').read_text() == 'x'


def test_pools_are_made_listed_and_removed(juju: jubilant.Juju, spare: str, tmp_path: Path):
    tmp_path.chmod(0o711)
    juju.cli('create-storage-pool', 'fast', 'folders', f'path={tmp_path}')
    listed = json.loads(juju.cli('storage-pools', '--format', 'json'))
    juju.deploy(CHARM, spare, storage={'data': 'fast'})
    settle(juju)

    say(juju, 'remove-storage-pool', 'fast', fails='storage pool "fast" in use')
    assert listed['fast'] == {'provider': 'folders', 'attrs': {'path': str(tmp_path)}}
    assert set(listed) == {'fast', 'folders', 'loop', 'lxd', 'rootfs', 'tmpfs'}
    assert list(tmp_path.glob('*/data-*'))
    juju.remove_application(spare, destroy_storage=True)
    juju.wait(lambda status: spare not in status.apps, delay=0.2)
    juju.cli('remove-storage-pool', 'fast')
    assert 'fast' not in juju.cli('storage-pools')


def test_deploy_refuses_storage_that_the_charm_cannot_have(juju: jubilant.Juju, app: str):
    charm = str(CHARM)

    say(
        juju,
        *('deploy', charm, 'x', '--storage', 'data=2'),
        fails='charm "tracer-storage" store "data": at most 1 instances supported, 2 specified',
    )
    say(juju, 'deploy', charm, 'x', '--storage', 'y=1G', fails='has no store called "y"')
    say(juju, 'deploy', charm, 'x', '--storage', 'data=moon', fails='pool "moon" not found')
    say(juju, 'deploy', charm, 'x', '--storage', 'data=0', fails='count must be greater than zero')
    assert 'x' not in juju.status().apps


def test_show_storage_shows_one_and_says_what_is_missing(juju: jubilant.Juju, app: str):
    name = next(iter(instances(juju)))

    shown = json.loads(juju.cli('show-storage', name, '--format', 'json'))

    assert list(shown) == [name]
    assert shown[name]['kind'] == 'filesystem'
    say(juju, 'show-storage', 'data/99', fails='storage instance "data/99" not found')
    say(juju, 'show-storage', 'x', fails='invalid storage id "x"')
