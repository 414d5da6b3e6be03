"""The PostgreSQL charm as one file, for Juju and for us. Source: contract, section 7."""

from __future__ import annotations

import stat
import zipfile
from pathlib import Path

import pytest
import yaml
from conftest import Run


@pytest.fixture(scope='module')
def packed(solo: Run, repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp('packed')

    done = solo('pack', str(repository / 'charms' / 'postgresql'), cwd=folder, timeout=600)

    assert done.returncode == 0, done.stderr
    (charm,) = folder.glob('*.charm')
    return charm


def test_packed_charm_has_what_juju_reads_and_nothing_of_the_developers(packed: Path) -> None:
    with zipfile.ZipFile(packed) as archive:
        assert archive.testzip() is None
        names = set(archive.namelist())
        read = {
            name: yaml.safe_load(archive.read(f'{name}.yaml'))
            for name in ('metadata', 'manifest', 'config', 'actions')
        }
        dispatch = archive.getinfo('dispatch')
        script = archive.read('dispatch').decode()

    assert read['metadata']['name'] == 'postgresql'
    assert {base['name'] for base in read['manifest']['bases']} == {'ubuntu'}
    assert all(base['channel'] and base['architectures'] for base in read['manifest']['bases'])
    assert set(read['config']) == {'options'}
    assert 'get-connection' in read['actions']
    assert stat.S_IMODE(dispatch.external_attr >> 16) & 0o111
    assert 'src/charm.py' in script and 'venv' in script
    assert 'src/charm.py' in names
    for python in ('3.10', '3.12'):
        assert f'venv/lib/python{python}/site-packages/ops/__init__.py' in names
    assert not [
        name
        for name in names
        if name.startswith(('/', '..', 'tests/', '.git')) or name.endswith(('.pyc', '.in'))
    ]
    assert 'charmcraft.yaml' not in names


def test_packed_charm_deploys(solo: Run, packed: Path) -> None:
    assert solo('add-model', 'packed', '--no-switch').returncode == 0

    flags = ('--config', 'profile=testing', '--wait')
    done = solo('deploy', '-m', 'packed', str(packed), 'pg', *flags, timeout=600)

    assert done.returncode == 0, done.stdout + done.stderr
    assert 'standalone' in solo('status', '-m', 'packed').stdout
    gone = solo('destroy-model', 'packed', '--no-prompt', '--destroy-storage')
    assert gone.returncode == 0, gone.stderr
