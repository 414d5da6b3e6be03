"""Charms that can't be deployed: Juju's words, exit code 1, nothing left, the next one works."""

from __future__ import annotations

import os
import shutil
import zipfile
from pathlib import Path

import contract_model
import pytest
from own import Own, fine


def test_an_unknown_charm_is_named_and_the_next_command_works(own: Own, charms: Path):
    nowhere = own('deploy', '/no/such/charm')
    bare = own('deploy', 'nosuch')

    fine(nowhere, 1, 'no charm was found at "/no/such/charm"')
    assert bare.stderr.startswith('ERROR no charm was found at "nosuch": ')
    assert bare.returncode == 1
    assert own.status()['applications'] == {}
    own.do('deploy', charms / 'tracer', 'a')
    own.wait_idle('a/0')


def test_broken_metadata_is_refused_with_its_file_and_leaves_nothing(own: Own, charms: Path):
    broken = own('deploy', charms / 'broken-metadata')
    wrong = own('deploy', charms / 'wrong-metadata')

    path = charms / 'broken-metadata/metadata.yaml'
    assert broken.returncode == wrong.returncode == 1
    assert broken.stderr.startswith(f'ERROR cannot read "{path}": ')
    assert wrong.stderr.startswith('ERROR invalid charm "Wrong_Metadata": ')
    assert 'Traceback' not in broken.stderr + wrong.stderr
    assert list((own.data / 'charms').iterdir()) == []
    assert own.status()['applications'] == {}


def test_a_charm_that_assumes_more_than_there_is_takes_force(own: Own, tmp_path: Path):
    """Contract 7: ``assumes``."""
    newer = contract_model.charm(tmp_path / 'newer', '', hooks__install='true')
    file = Path(newer, 'metadata.yaml')
    file.write_text(file.read_text().replace('series: [jammy]', 'assumes: [juju >= 99]'))

    refused = own('deploy', newer)
    none = own.status()['applications']
    own.do('deploy', newer, '--force')

    assert refused.returncode == 1
    assert refused.stderr.startswith('ERROR Charm feature requirements cannot be met:\n')
    assert none == {}
    own.wait_idle('newer/0')


def test_a_requirement_that_does_not_exist_is_told_by_the_charms_name(own: Own, charms: Path):
    refused = own('deploy', charms / 'broken-requirements', UV_OFFLINE='1')

    assert refused.returncode == 1
    assert 'ERROR cannot build the environment of charm "broken-requirements": ' in refused.stderr
    assert 'Traceback' not in refused.stderr
    assert list((own.data / 'charms').iterdir()) == []
    assert own.status()['applications'] == {}


def test_the_second_of_one_name_is_refused_and_the_first_lives_on(own: Own, charms: Path):
    own.do('deploy', charms / 'tracer', 'a')

    second = own('deploy', charms / 'tracer-sub', 'a')

    fine(second, 1, 'cannot add application "a": application already exists (already exists)')
    own.wait_idle('a/0')
    assert own.status()['applications']['a']['charm-name'] == 'tracer'


def test_two_deploys_of_one_name_at_the_same_instant_make_one(own: Own, charms: Path):
    """The environment isn't there yet either: both would build it."""
    commands = [own.start('deploy', charms / 'ops-tiny', 'a') for _ in range(2)]
    errors = [command.communicate(timeout=300)[1] for command in commands]

    assert sorted(command.returncode for command in commands) == [0, 1]
    (refused,) = [error for error in errors if 'ERROR' in error]
    assert refused.endswith(
        'ERROR cannot add application "a": application already exists (already exists)\n'
    )
    own.wait_idle('a/0')
    assert own.unit('a/0')['workload-status']['current'] == 'active'


def _archive(path: Path, name: str, content: bytes, mode: int = 0o644) -> Path:
    with zipfile.ZipFile(path, 'w', zipfile.ZIP_DEFLATED) as charm:
        charm.writestr('metadata.yaml', 'name: bad\n')
        member = zipfile.ZipInfo(name)
        member.external_attr = mode << 16
        charm.writestr(member, content)
    return path


@pytest.mark.parametrize(
    ('name', 'content', 'mode'),
    [
        ('../outside', b'x', 0o100644),
        ('/outside', b'x', 0o100644),
        ('hooks/install', b'/etc/passwd', 0o120777),
        ('hooks/install', b'../../outside', 0o120777),
    ],
)
def test_an_archive_that_leads_outside_is_refused(
    own: Own, tmp_path: Path, name: str, content: bytes, mode: int
):
    charm = _archive(tmp_path / 'bad.charm', name, content, mode)

    refused = own('deploy', charm)

    fine(refused, 1, f'cannot unpack the charm "{charm}": "{name}" leads outside of it')
    assert list((own.data / 'charms').iterdir()) == []
    assert not (own.data / 'outside').exists()


def test_an_archive_that_is_none_or_damaged_is_refused(own: Own, tmp_path: Path):
    text = tmp_path / 'text.charm'
    text.write_text('not a zip')
    good = _archive(tmp_path / 'good.charm', 'dispatch', os.urandom(5000), 0o100755)
    damaged = tmp_path / 'damaged.charm'
    content = bytearray(good.read_bytes())
    content[1000:1100] = bytes(100)
    damaged.write_bytes(content)

    for charm in (text, damaged):
        refused = own('deploy', charm)

        assert refused.returncode == 1
        assert refused.stderr.startswith(f'ERROR cannot read the charm "{charm}": ')
        assert 'Traceback' not in refused.stderr
    assert own.status()['applications'] == {}


def test_a_bomb_is_refused_before_it_goes_off(own: Own, tmp_path: Path):
    charm = tmp_path / 'bomb.charm'
    with zipfile.ZipFile(charm, 'w', zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr('metadata.yaml', 'name: bomb\n')
        with archive.open('zeros', 'w', force_zip64=True) as zeros:
            for _ in range(2049):
                zeros.write(bytes(1 << 20))

    refused = own('deploy', charm)

    fine(refused, 1, f'cannot unpack the charm "{charm}": it is larger than 2 GiB')
    assert shutil.disk_usage(own.data).free > 0
    assert list((own.data / 'charms').iterdir()) == []
