"""The operator's project: any archive that is one, and none that is not."""

from __future__ import annotations

import io
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from djangocharm import errors, project

Make = Callable[..., Path]
MANAGE = "os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'mysite.settings')\n"
FILES = {
    'manage.py': MANAGE,
    'mysite/settings.py': 'X = 1\n',
    'requirements.txt': 'django-environ\n',
}


def tar(path: Path, files: dict[str, str], prefix: str = '') -> Path:
    with tarfile.open(path, 'w:gz') as archive:
        for name, text in files.items():
            member = tarfile.TarInfo(prefix + name)
            member.size = len(text)
            archive.addfile(member, io.BytesIO(text.encode()))
    return path


def zipped(path: Path, files: dict[str, str], prefix: str = '') -> Path:
    with zipfile.ZipFile(path, 'w') as archive:
        for name, text in files.items():
            archive.writestr(prefix + name, text)
    return path


def read(resource: Path | None, tmp_path: Path) -> project.Project:
    return project.read(resource, tmp_path / 'projects', Path('/charm/site'))


@pytest.mark.parametrize('make', [tar, zipped])
@pytest.mark.parametrize('prefix', ['', 'mysite-1.0/'])
def test_an_archive_is_unpacked_and_understood(make: Make, prefix: str, tmp_path: Path):
    found = read(make(tmp_path / 'project', FILES, prefix), tmp_path)

    assert found.settings_module == 'mysite.settings'
    assert found.requirements == 'django-environ\n'
    assert (found.folder / 'mysite' / 'settings.py').read_text() == 'X = 1\n'


def test_settings_are_found_without_manage_py(tmp_path: Path):
    found = read(tar(tmp_path / 'p', {'shop/settings.py': '', 'shop/wsgi.py': ''}), tmp_path)

    assert found.settings_module == 'shop.settings'


def test_two_settings_are_for_the_operator_to_choose(tmp_path: Path):
    found = read(tar(tmp_path / 'p', {'a/settings.py': '', 'b/settings.py': ''}), tmp_path)

    assert found.settings_module == ''


def test_a_wheel_is_kept_to_be_installed_under_a_name_that_installers_take(tmp_path: Path):
    files = {
        'shop/settings.py': '',
        'shop-1.2.dist-info/WHEEL': 'Wheel-Version: 1.0\nTag: py3-none-any\n',
    }

    found = read(zipped(tmp_path / 'project.tar.gz', files), tmp_path)

    assert found.wheel is not None
    assert found.wheel.name == 'shop-1.2-py3-none-any.whl'
    assert found.settings_module == 'shop.settings'


def test_without_a_resource_it_is_the_guest_book(tmp_path: Path):
    empty = tmp_path / 'empty'
    empty.touch()

    for resource in (None, empty):
        found = read(resource, tmp_path)
        assert found.settings_module == 'guestbook.settings'
        assert found.folder == Path('/charm/site')


@pytest.mark.parametrize('content', [b'no archive', b'PK\x03\x04broken', b'\x1f\x8b\x08broken'])
def test_what_is_no_archive_is_refused_with_the_reason(content: bytes, tmp_path: Path):
    resource = tmp_path / 'project'
    resource.write_bytes(content)

    with pytest.raises(errors.Error, match='cannot read the resource "project"') as raised:
        read(resource, tmp_path)

    assert '\n' not in str(raised.value)


@pytest.mark.parametrize('make', [tar, zipped])
@pytest.mark.parametrize('name', ['../evil.py', '/etc/evil', 'a/../../evil'])
def test_no_member_leads_out_of_the_folder(make: Make, name: str, tmp_path: Path):
    with pytest.raises(errors.Error, match='leads out of it'):
        read(make(tmp_path / 'project', {name: 'x'}), tmp_path)


@pytest.mark.parametrize('make', [tar, zipped])
def test_many_members_may_not_be_more_together_than_an_archive(
    make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(project, 'LIMIT', 100)

    with pytest.raises(errors.Error, match='larger than 1 GiB'):
        read(make(tmp_path / 'project', {'a': 'x' * 60, 'b': 'x' * 60}), tmp_path)


def test_links_and_devices_are_left_out(tmp_path: Path):
    resource = tmp_path / 'project'
    with tarfile.open(resource, 'w') as archive:
        link = tarfile.TarInfo('settings.py')
        link.type, link.linkname = tarfile.SYMTYPE, '/etc/shadow'
        archive.addfile(link)
        archive.addfile(tarfile.TarInfo('manage.py'))

    found = read(resource, tmp_path)

    assert [path.name for path in found.folder.iterdir()] == ['manage.py']


def test_an_archive_that_was_cut_short_leaves_nothing_to_be_taken_for_whole(tmp_path: Path):
    whole = tar(tmp_path / 'whole', {'manage.py': MANAGE, 'big.txt': 'x' * 100_000})
    resource = tmp_path / 'project'
    resource.write_bytes(whole.read_bytes()[:-40])

    for _ in range(2):
        with pytest.raises(errors.Error):
            read(resource, tmp_path)
