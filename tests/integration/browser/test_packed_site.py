"""The two charms as files for Juju, deployed beside the site, on the database of the site."""

from __future__ import annotations

import dataclasses
import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import visitors
from waiting import wait_for

from .conftest import REPOSITORY, Site

MIGRATION = """
from django.db import migrations
def sign(apps, schema_editor):
    apps.get_model('guestbook', 'Entry').objects.create(who='Charm', what='Migrated again.')
class Migration(migrations.Migration):
    dependencies = [('guestbook', '0001_initial')]
    operations = [migrations.RunPython(sign)]
"""


@dataclasses.dataclass(frozen=True)
class Packed:
    """What was packed, and the application ``other`` that was deployed from it."""

    django: Path
    gunicorn: Path
    visitor: visitors.Visitor


@pytest.fixture(scope='module')
def packed(site: Site, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Packed]:
    folder = tmp_path_factory.mktemp('packed')
    files: list[Path] = []
    for name in ('python-django', 'gunicorn'):
        site.run(f'cd {folder} && ./solo pack {REPOSITORY}/charms/{name}')
        (file,) = folder.glob(f'{name}*.charm')
        files.append(file)
    django, gunicorn = files
    site.run(f'./solo deploy {gunicorn} server')
    site.run(f'./solo deploy {django} other --config database=python-django')
    site.run('./solo add-relation other postgresql:db')
    site.wait_for_message('other/0', 'blocked', 'no server: integrate this with gunicorn')
    site.run('./solo add-relation other server')
    site.wait_for_message('other/0', 'active', 'master')
    address = site.unit('other/0')['public-address']
    yield Packed(django, gunicorn, visitors.Visitor(address, 8080, timeout=60))
    site.run('./solo remove-application other server --no-prompt')
    wait_for(lambda: not {'other', 'server'} & site.status().keys(), timeout=120)


def test_the_files_have_what_juju_reads(packed: Packed):
    for file in (packed.django, packed.gunicorn):
        with zipfile.ZipFile(file) as charm:
            names = set(charm.namelist())
        assert {'metadata.yaml', 'manifest.yaml', 'config.yaml', 'dispatch'} <= names
        assert {
            f'venv/lib/python{version}/site-packages/ops/__init__.py'
            for version in ('3.10', '3.12')
        } <= names
        assert not [name for name in names if name.startswith(('var/', 'tests/', '/'))]


def test_two_applications_share_a_database(site: Site, packed: Packed):
    assert packed.visitor.sign('Linus', 'from the other application')

    assert 'from the other application' in site.visitor().read()[1]


def test_migrations_run_again_after_a_refresh(site: Site, packed: Packed, tmp_path: Path):
    newer = tmp_path / 'newer.charm'
    shutil.copy(packed.django, newer)
    with zipfile.ZipFile(newer, 'a') as charm:
        charm.writestr('site/guestbook/migrations/0002_again.py', MIGRATION)

    site.run(f'./solo refresh other --path {newer}')

    wait_for(lambda: 'Migrated again.' in packed.visitor.read()[1], timeout=120)
    site.wait_for_message('other/0', 'active', 'master')
