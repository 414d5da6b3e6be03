"""Options, projects and bad input, on the site that the tutorial made."""

from __future__ import annotations

import io
import socket
import tarfile
import threading
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from waiting import wait_for

from .conftest import Site, health

SETTINGS = """
ROOT_URLCONF = 'shop.urls'
INSTALLED_APPS = ['shop']
DEFAULT_AUTO_FIELD = 'django.db.models.BigAutoField'
"""
URLS = """
from django.http import HttpResponse
from django.urls import path
urlpatterns = [path('', lambda request: HttpResponse('a shop of my own'))]
"""
WSGI = 'from django.core.wsgi import get_wsgi_application\napplication = get_wsgi_application()\n'
MANAGE = "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings')\n"
SHOP = {
    'shop/manage.py': MANAGE,
    'shop/shop/__init__.py': '',
    'shop/shop/settings.py': SETTINGS,
    'shop/shop/urls.py': URLS,
    'shop/shop/wsgi.py': WSGI,
}
BROKEN_MIGRATION = """
from django.db import migrations
class Migration(migrations.Migration):
    operations = [migrations.RunSQL('SELECT 1 / 0')]
"""


def archive(path: Path, files: Mapping[str, str]) -> Path:
    with tarfile.open(path, 'w:gz') as tar:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content.encode()))
    return path


@pytest.fixture
def guest_book(site: Site, tmp_path: Path) -> Iterator[Site]:
    """The site as it was, afterwards too."""
    yield site
    empty = tmp_path / 'empty'
    empty.touch()
    site.run(f'./solo attach-resource python-django project={empty}')
    site.run('./solo config python-django --reset settings-module,requirements,debug')
    site.run(f'./solo config python-django site-port={site.port}')
    wait_for(lambda: 'Guest book' in site.visitor().read()[1], timeout=120)
    site.wait_until_active()


def relate_again(site: Site, other: str) -> None:
    """Relate the site once the removed relation is gone: Juju refuses while it is dying."""
    command = f'./solo add-relation python-django {other}'
    wait_for(lambda: 'ERROR' not in site.run(command, check=False), timeout=120, every=1)


def test_a_reload_drops_no_request(site: Site):
    ended, answers = threading.Event(), list[int]()

    def visit() -> None:
        while not ended.is_set():
            answers.append(site.visitor().read()[0])

    visitors = [threading.Thread(target=visit) for _ in range(4)]
    for visitor in visitors:
        visitor.start()
    try:
        site.walk('Settings')
    finally:
        ended.set()
        for visitor in visitors:
            visitor.join()

    stranger = site.visitor()
    stranger.name = 'stranger.example'
    assert stranger.read()[0] == 400
    assert set(answers) == {200}
    assert len(answers) > 20
    site.wait_for_message('gunicorn/0', 'active', '4 workers')


def wheel(path: Path, files: Mapping[str, str]) -> Path:
    info = 'shop-1.0.dist-info'
    files = {
        **files,
        f'{info}/METADATA': 'Metadata-Version: 2.1\nName: shop\nVersion: 1.0\n',
        f'{info}/WHEEL': 'Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n',
    }
    record = ''.join(f'{name},,\n' for name in [*files, f'{info}/RECORD'])
    with zipfile.ZipFile(path, 'w') as content:
        for name, text in {**files, f'{info}/RECORD': record}.items():
            content.writestr(name, text)
    return path


def test_projects_of_ones_own_are_served(guest_book: Site, tmp_path: Path):
    """As ``startproject`` of the site's Django makes it, with a requirement; and as a wheel."""
    guest_book.run(
        "./solo exec --unit python-django/0 'django=$(echo $PWD/var/envs/*/bin/django-admin) && "
        f'cd {tmp_path} && $django startproject vanilla && cd vanilla && '
        'echo pytz >requirements.txt && echo "import pytz" >>vanilla/settings.py && '
        "tar -czf ../project.tar.gz .'"
    )
    guest_book.run(f'./solo attach-resource python-django project={tmp_path}/project.tar.gz')
    guest_book.run('./solo config python-django debug=true')
    welcome = 'The install worked successfully!'
    wait_for(lambda: welcome in guest_book.visitor().read()[1], timeout=120)

    package = {name.removeprefix('shop/'): text for name, text in SHOP.items()}
    del package['manage.py']
    project = wheel(tmp_path / 'shop.whl', package)
    guest_book.run(f'./solo attach-resource python-django project={project}')

    wait_for(lambda: guest_book.visitor().read() == (200, 'a shop of my own'), timeout=120)


def test_a_broken_archive_is_named_and_the_site_goes_on(guest_book: Site, tmp_path: Path):
    broken = tmp_path / 'broken'
    broken.write_bytes(b'\x1f\x8b not an archive')

    guest_book.run(f'./solo attach-resource python-django project={broken}')

    guest_book.wait_for_message('python-django/0', 'blocked', 'cannot read the resource "project"')
    assert guest_book.visitor().read()[0] == 200


def test_migrations_that_fail_are_named_and_the_site_goes_on(guest_book: Site, tmp_path: Path):
    files = {
        **SHOP,
        'shop/shop/migrations/__init__.py': '',
        'shop/shop/migrations/0001_initial.py': BROKEN_MIGRATION,
    }

    project = archive(tmp_path / 'shop.tar.gz', files)
    guest_book.run(f'./solo attach-resource python-django project={project}')

    guest_book.wait_for_message('python-django/0', 'blocked', 'migrations failed: DataError')
    assert 'Guest book' in guest_book.visitor().read()[1]


@pytest.mark.parametrize(
    ('option', 'words'),
    [
        ('requirements=no-such-package-of-anyone==1.0', 'cannot install requirements'),
        ('settings-module=not.there', 'the project cannot run: ModuleNotFoundError'),
        ('settings-module=no-name!', 'option settings-module'),
        ('site-port=70000', 'option site-port: 70000 is not a port'),
    ],
)
def test_a_wrong_option_is_named_and_the_site_goes_on(guest_book: Site, option: str, words: str):
    guest_book.run(f"./solo config python-django '{option}'")

    guest_book.wait_for_message('python-django/0', 'blocked', words)
    assert guest_book.visitor().read()[0] == 200


def test_a_taken_port_is_named(guest_book: Site):
    address = guest_book.unit('python-django/0')['public-address']
    with socket.create_server((address, 8091)):
        guest_book.run('./solo config python-django site-port=8091')

        guest_book.wait_for_message('gunicorn/0', 'blocked', f'cannot listen on {address}:8091')
        guest_book.wait_for_message('python-django/0', 'waiting', 'gunicorn to serve port 8091')


def test_a_relation_may_be_removed_and_made_again(site: Site):
    assert site.visitor().sign('Ada', 'before the relation went')

    site.run('./solo remove-relation python-django postgresql')
    site.wait_for_message('python-django/0', 'blocked', 'no database')
    assert site.visitor().read()[0] == 503
    assert health(site) == (503, 'none')
    # Workers that begin without a database, and first hear of a visitor when there is one.
    site.run('./solo config gunicorn wsgi_workers=3')
    site.wait_for_message('gunicorn/0', 'active', '3 workers')

    relate_again(site, 'postgresql:db')
    site.wait_until_active()
    assert {site.visitor().read()[0] for _ in range(30)} == {200}
    assert 'before the relation went' in site.visitor().read()[1]
    assert health(site) == (200, 'read-write')


def test_gunicorn_alone_says_what_to_relate(site: Site):
    site.run('./solo remove-relation python-django gunicorn')

    site.wait_for_message('python-django/0', 'blocked', 'no server: integrate this with gunicorn')
    wait_for(lambda: site.visitor().read()[0] == 0, timeout=60)

    relate_again(site, 'gunicorn')
    site.wait_until_active()
    wait_for(lambda: site.visitor().read()[0] == 200)
