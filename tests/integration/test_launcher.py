"""``./solo`` before its command line runs: where it may lie, who may run it, what can go wrong."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

NOBODY = 65534
PLACE = '/var/lib/solo-launcher'

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason='becomes another user')


@pytest.fixture
def clone(repository: Path) -> Iterator[Path]:
    """A copy of what the launcher needs, in a folder that everybody can read."""
    with tempfile.TemporaryDirectory(prefix='launcher-', dir='/var/tmp') as folder:
        copy = Path(folder, 'a clone')
        shutil.copytree(repository / 'src', copy / 'src')
        shutil.copytree(repository / 'requirements', copy / 'requirements')
        shutil.copy(repository / 'solo', copy)
        Path(folder).chmod(0o755)
        yield copy


def run(*command: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        cwd='/',
        env={'PATH': os.environ['PATH'], **environment},
        capture_output=True,
        text=True,
        timeout=300,
    )


def run_where_nothing_was_made(
    launcher: Path, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run it as nobody, in a mount namespace where root has no environment, and no registry."""
    script = (
        f'mkdir -p {PLACE} && mount -t tmpfs tmpfs {PLACE} && '
        f'exec setpriv --reuid {NOBODY} --regid {NOBODY} --clear-groups "$0" version'
    )
    return run(
        *('unshare', '--mount', 'sh', '-c', script, launcher), PIP_NO_INDEX='1', **environment
    )


def test_it_works_through_symbolic_links_and_from_any_folder(clone: Path):
    links = clone.parent / 'links'
    links.mkdir()
    (links / 'first').symlink_to('../a clone/solo')
    (links / 'second').symlink_to(links / 'first')

    direct = run(clone / 'solo', 'version', HOME=os.environ['HOME'])
    linked = run(links / 'second', 'version', HOME=os.environ['HOME'])
    named = run('env', '-C', clone, 'sh', 'solo', 'version', HOME=os.environ['HOME'])

    assert direct.returncode == 0
    assert linked.stdout == named.stdout == direct.stdout


@needs_root
def test_what_root_made_serves_every_user(clone: Path):
    run(clone / 'solo', 'version', HOME='/root')

    other = run('setpriv', f'--reuid={NOBODY}', '--clear-groups', clone / 'solo', 'version')

    assert (other.returncode, other.stderr) == (0, '')


@needs_root
def test_an_environment_that_cannot_be_made_leaves_nothing_behind(clone: Path):
    cache = clone.parent / 'cache'
    cache.mkdir()
    os.chown(cache, NOBODY, NOBODY)

    made = run_where_nothing_was_made(clone / 'solo', XDG_CACHE_HOME=str(cache))

    assert made.returncode == 1
    assert f'ERROR cannot make the environment "{cache}/solo/solo-' in made.stderr
    assert list((cache / 'solo').iterdir()) == []


@needs_root
def test_a_folder_of_somebody_else_is_never_used_in_place_of_a_home(clone: Path):
    temporary = clone.parent / 'tmp'
    (temporary / f'solo-launcher-{NOBODY}').mkdir(parents=True, mode=0o777)

    made = run_where_nothing_was_made(clone / 'solo', HOME='/', TMPDIR=str(temporary))

    assert made.returncode == 1
    assert made.stderr == (
        f'ERROR cannot write "/" nor "{temporary}/solo-launcher-{NOBODY}"; '
        'set XDG_CACHE_HOME to a folder of yours\n'
    )


def test_the_installed_package_is_the_same_command_with_the_charms(
    repository: Path, tmp_path: Path
):
    subprocess.run(
        [sys.executable, '-m', 'pip', 'install', '-q', '--no-deps', '--target', tmp_path, '.'],
        cwd=repository,
        check=True,
    )

    installed = run(tmp_path / 'bin/solo', 'version', PYTHONPATH=str(tmp_path))

    assert installed.stdout == run(repository / 'solo', 'version', HOME='/root').stdout
    for charm in (repository / 'charms').iterdir():
        assert (tmp_path / 'solo/charms' / charm.name).is_dir()
