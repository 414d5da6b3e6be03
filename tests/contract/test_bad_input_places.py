"""Places that can't be used: a full disk, a home that can't be written, another's folder."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import waiting
from own import Own, fine

NOBODY = 65534

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason='mounts, or becomes another user')


@pytest.fixture
def small(own: Own) -> Iterator[Own]:
    """A solo whose data directory is a file system of 24 MB."""
    own.data.mkdir()
    subprocess.run(['mount', '-t', 'tmpfs', '-o', 'size=24m', 'tmpfs', own.data], check=True)
    try:
        yield own
        own.destroy()
    finally:
        subprocess.run(['umount', '--lazy', own.data], check=True)


def fill(folder: Path) -> Path:
    """Fill the file system of *folder* and return the file that does."""
    ballast = folder / 'ballast'
    with ballast.open('wb', buffering=0) as file:
        for size in (1 << 16, 1 << 10, 1):
            try:
                while True:
                    file.write(bytes(size))
            except OSError:
                continue
    return ballast


@needs_root
def test_a_full_disk_loses_nothing_and_room_mends_it(small: Own, charms: Path):
    small.do('deploy', charms / 'tracer', 'a')
    small.wait_idle('a/0')
    small.do('config', 'a', 'number=8', '--wait')
    ballast = fill(small.data)

    refused = [
        small('config', 'a', f'text={"x" * 100_000}'),
        small('deploy', charms / 'tracer-sub', 'b'),
    ]

    for done in refused:
        assert done.returncode == 1
        assert done.stderr.startswith('ERROR cannot ')
        assert 'Traceback' not in done.stderr
    assert small.do('config', 'a', 'number') == '8\n'
    ballast.unlink()
    small.do('config', 'a', 'number=9', '--wait')
    small.do('deploy', charms / 'tracer', 'b')
    small.wait_idle('a/0', 'b/0')
    assert set(small.status()['applications']) == {'a', 'b'}


@needs_root
def test_a_hook_on_a_full_disk_runs_again_when_there_is_room(small: Own, charms: Path):
    small.do('deploy', charms / 'tracer', 'a')
    small.wait_idle('a/0')
    gate = small.data / 'gate'
    script = f'while [ ! -e {gate} ]; do sleep 0.1; done; head -c 9000000 /dev/zero | tr "\\0" x'
    small.do('config', 'a', 'on-hook=' + json.dumps({'config-changed': script}))
    small.wait_executing('a/0')
    gate.touch()  # while there is room for it
    ballast = fill(small.data)

    waiting.wait_for(lambda: 'full' in (small.data / 'controller.log').read_text(), timeout=120)
    ballast.unlink()

    small.do('config', 'a', 'on-hook={}', '--wait')
    small.wait_idle('a/0')
    assert small.hooks('a/0')[-1] == 'config-changed'


@needs_root
def test_a_home_that_cannot_be_written_is_named_with_the_remedy(own: Own, repository: Path):
    somebody = Own(
        own.cli,
        own.data,
        own.data.parent / 'home',  # root's
        ('setpriv', f'--reuid={NOBODY}', f'--regid={NOBODY}', '--clear-groups'),
    )
    own.data.mkdir()
    os.chown(own.data, NOBODY, NOBODY)
    Path(somebody.env['HOME']).chmod(0o755)
    home = somebody.env['HOME']

    refused = somebody('status', SOLO_DATA='')
    works = somebody('status', '--format', 'json')
    somebody.destroy()

    folder = f'{home}/.local/share/solo'
    fine(
        refused,
        1,
        f'cannot use the data directory "{folder}": Permission denied; '
        'set SOLO_DATA to a folder that you can write',
    )
    assert (works.returncode, works.stderr) == (0, '\nModel "admin/default" is empty.\n')


@needs_root
def test_an_ordinary_user_runs_charms_and_reaches_nobody_elses(own: Own, charms: Path):
    somebody = Own(
        own.cli,
        own.data,
        own.data.parent / 'home',
        ('setpriv', f'--reuid={NOBODY}', f'--regid={NOBODY}', '--clear-groups'),
    )
    own.data.mkdir()
    os.chown(own.data, NOBODY, NOBODY)
    roots = Own(own.cli, own.data.parent / 'roots', own.data.parent / 'home')
    roots.do('status')

    somebody.do('deploy', charms / 'tracer', 'a', '--wait')
    refused = somebody('status', SOLO_DATA=str(roots.data))

    assert somebody.hooks('a/0')[-1] == 'start'
    fine(
        refused,
        1,
        f'cannot use the data directory "{roots.data}": Operation not permitted; '
        'set SOLO_DATA to a folder that you can write',
    )
    somebody.destroy()
    roots.destroy()
