"""Charm folders as charmcraft's plugins build them, deployed and packed. Source: contract 7."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jubilant
import yaml
from conftest import Run

CHARM = """\
import importlib.metadata
import os
import subprocess
import sys

import ours
from charms.some.v0 import library

found = sorted(
    f'{each.metadata["Name"]}=={each.version}' for each in importlib.metadata.distributions()
)
seen = ' '.join([*found, f'ours:{ours.WHO}', f'library:{library.WHO}'])
if os.environ['JUJU_DISPATCH_PATH'] == 'hooks/start':
    subprocess.run(['status-set', 'active', '--', seen], check=True)
"""
PYPROJECT = """\
[project]
name = "thing"
version = "0"
requires-python = ">=3.8"
dependencies = ["six==1.17.0"]

[dependency-groups]
dev = ["attrs"]
"""


# As poetry 2.5 writes it; the hash is what poetry itself counts of the project above it.
POETRY_PROJECT = """\
[project]
name = "thing"
version = "0"
requires-python = ">=3.10"
dependencies = ["six==1.17.0"]

[tool.poetry]
package-mode = false
"""
POETRY_LOCK = """\
[[package]]
name = "six"
version = "1.17.0"
description = "Python 2 and 3 compatibility utilities"
optional = false
python-versions = ">=2.7"
groups = ["main"]
files = [
    {file = "six-1.17.0-py2.py3-none-any.whl", \
hash = "sha256:4721f391ed90541fddacab5acf947aa0d3dc7d27b2e1e8eda2be8970586c3274"},
]

[metadata]
lock-version = "2.1"
python-versions = ">=3.10"
content-hash = "22e8804619717a0c6c87cd767ebde43ad60d170df1f16389a19ce264521453e2"
"""


def make(folder: Path, part: Mapping[str, Any], files: Mapping[str, str]) -> Path:
    """Write a charm that says in its status what its environment holds."""
    unified = {
        'name': 'built',
        'type': 'charm',
        'summary': 'x',
        'description': 'x',
        'base': 'ubuntu@24.04',
        'platforms': {'amd64': None},
        'parts': {'built': {'source': '.', **part}},
    }
    written = {
        'charmcraft.yaml': yaml.safe_dump(unified),
        'src/charm.py': CHARM,
        'src/ours.py': 'WHO = "src"\n',
        'lib/charms/some/v0/library.py': 'WHO = "lib"\n',
        **files,
    }
    for name, text in written.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


def locked(folder: Path) -> Path:
    """Make the lock file that a developer would have."""
    uv = str(Path(sys.executable).with_name('uv'))
    done = subprocess.run(
        [uv, 'lock', '--no-config'],
        cwd=folder,
        env={**os.environ, 'UV_SYSTEM_CERTS': 'true'},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return folder


def seen(juju: jubilant.Juju, charm: Path, name: str) -> list[str]:
    juju.deploy(charm, name)
    status = juju.wait(
        lambda status: jubilant.all_active(status, name),
        error=lambda status: jubilant.any_error(status, name),
        delay=0.2,
    )
    return status.apps[name].units[f'{name}/0'].workload_status.message.split()


def test_the_plugin_charm(juju: jubilant.Juju, tmp_path: Path):
    library = 'WHO = "lib"\nPYDEPS = ["tomli==2.2.1"]\n'
    charm = make(
        tmp_path,
        {'plugin': 'charm', 'charm-requirements': ['needs.txt'], 'charm-python-packages': []},
        {'needs.txt': 'six==1.17.0', 'lib/charms/some/v0/library.py': library},
    )

    assert seen(juju, charm, 'charm') == ['six==1.17.0', 'tomli==2.2.1', 'ours:src', 'library:lib']


def test_the_plugin_uv_takes_its_lock_without_the_developers_group(
    juju: jubilant.Juju, tmp_path: Path
):
    charm = locked(make(tmp_path, {'plugin': 'uv'}, {'pyproject.toml': PYPROJECT}))

    assert seen(juju, charm, 'uv') == ['six==1.17.0', 'ours:src', 'library:lib']


def test_the_plugin_poetry_takes_its_lock(juju: jubilant.Juju, tmp_path: Path):
    files = {'pyproject.toml': POETRY_PROJECT, 'poetry.lock': POETRY_LOCK}

    charm = make(tmp_path, {'plugin': 'poetry'}, files)

    assert seen(juju, charm, 'poetry') == ['six==1.17.0', 'ours:src', 'library:lib']


def test_the_plugin_python(juju: jubilant.Juju, tmp_path: Path):
    charm = make(
        tmp_path,
        {'plugin': 'python', 'python-requirements': ['a.txt'], 'python-packages': ['six==1.17.0']},
        {'a.txt': '-r b.txt', 'b.txt': 'tomli==2.2.1'},
    )

    assert seen(juju, charm, 'python') == [
        'six==1.17.0',
        'tomli==2.2.1',
        'ours:src',
        'library:lib',
    ]


def test_a_dumped_charm_of_hooks(juju: jubilant.Juju, tmp_path: Path):
    charm = make(
        tmp_path,
        {'plugin': 'dump', 'source': 'inside'},
        {'inside/hooks/start': '#!/bin/sh\nstatus-set active dumped\n'},
    )
    (charm / 'inside' / 'hooks' / 'start').chmod(0o755)
    (charm / 'src' / 'charm.py').unlink()

    assert seen(juju, charm, 'dump') == ['dumped']


def test_a_lock_that_is_missing_is_said(solo: Run, tmp_path: Path):
    charm = make(tmp_path, {'plugin': 'uv'}, {'pyproject.toml': PYPROJECT})

    done = solo('deploy', str(charm), 'lockless')

    assert done.returncode == 1
    assert 'its part "built" needs "uv.lock"; run "uv lock"' in done.stderr


def test_a_charm_is_packed_with_its_lock_for_another_base(
    juju: jubilant.Juju, solo: Run, tmp_path: Path
):
    charm = locked(make(tmp_path / 'c', {'plugin': 'uv'}, {'pyproject.toml': PYPROJECT}))

    done = solo('pack', str(charm), '--output', str(tmp_path))
    (packed,) = tmp_path.glob('*.charm')
    with zipfile.ZipFile(packed) as archive:
        names = archive.namelist()

    assert done.returncode == 0, done.stderr
    assert 'venv/lib/python3.12/site-packages/six.py' in names
    assert not {'uv.lock', 'pyproject.toml', 'charmcraft.yaml'} & set(names)
    assert {'dispatch', 'metadata.yaml', 'manifest.yaml', 'src/charm.py'} <= set(names)
    assert seen(juju, packed, 'packed') == ['six==1.17.0', 'ours:src', 'library:lib']
