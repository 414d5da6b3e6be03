"""Hooks in which a charm has nothing to do end before anything is loaded."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

_CHARMS = Path(__file__).parents[2] / 'charms'


def _loads_ops(charm: str, hook: str, folder: Path, remote_unit: str = '') -> bool:
    """Run *hook* with a Python that lacks ops, and tell whether it was missed."""
    done = subprocess.run(
        ['/usr/bin/python3', '-IS', _CHARMS / charm / 'src' / 'charm.py'],
        cwd=folder,
        env={
            'JUJU_DISPATCH_PATH': f'hooks/{hook}',
            'JUJU_CHARM_DIR': str(folder),
            'JUJU_REMOTE_UNIT': remote_unit,
            'PATH': os.defpath,
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0 or "No module named 'ops'" in done.stderr, done.stderr
    return done.returncode != 0


@pytest.mark.parametrize('hook', ['replication-relation-created', 'leader-elected'])
def test_postgresql_leaves_to_config_changed_what_comes_before_start(hook: str, tmp_path: Path):
    assert not _loads_ops('postgresql', hook, tmp_path)

    (tmp_path / 'started').touch()

    assert _loads_ops('postgresql', hook, tmp_path)


@pytest.mark.parametrize(
    'hook', ['db-relation-created', 'db-admin-relation-created', 'leader-settings-changed']
)
def test_postgresql_has_nothing_to_say_to_nobody(hook: str, tmp_path: Path):
    (tmp_path / 'started').touch()

    assert not _loads_ops('postgresql', hook, tmp_path)


@pytest.mark.parametrize('hook', ['install', 'config-changed', 'start', 'db-relation-joined'])
def test_postgresql_has_work_in_the_others(hook: str, tmp_path: Path):
    assert _loads_ops('postgresql', hook, tmp_path)


def test_django_reads_units_and_not_their_application(tmp_path: Path):
    assert not _loads_ops('python-django', 'pgsql-relation-changed', tmp_path)
    assert _loads_ops('python-django', 'pgsql-relation-changed', tmp_path, 'postgresql/0')


def test_gunicorn_looks_at_its_options_from_start_on(tmp_path: Path):
    assert not _loads_ops('gunicorn', 'config-changed', tmp_path)
    assert _loads_ops('gunicorn', 'start', tmp_path)

    (tmp_path / 'var').mkdir()

    assert _loads_ops('gunicorn', 'config-changed', tmp_path)
