"""The repository keeps its word: what the documents name exists, and the rules for files hold."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import documents
import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
LONGEST = 500

# Registries and other people's folders are settings of a machine, never of the repository. The
# brackets keep this file from naming them itself.
PLACES = re.compile(
    r'py[p]i\.org|pythonhoste[d]|npmj[s]\.|deb\.debia[n]\.org|archive\.ubunt[u]\.com|/\.pyen[v]'
)


@pytest.fixture(scope='module')
def committed() -> list[Path]:
    """The files that are part of the project."""
    listing = subprocess.run(
        ['git', 'ls-files', '-z'], cwd=REPOSITORY, capture_output=True, text=True, check=True
    )
    paths = [REPOSITORY / name for name in listing.stdout.split('\0') if name]
    return [path for path in paths if path.is_file() and not path.is_symlink()]


@pytest.mark.parametrize('name', ['HACKING.md', 'docs/explanation/architecture.md'])
def test_every_path_that_a_map_names_exists(name: str):
    named = documents.paths((REPOSITORY / name).read_text())

    assert named
    assert [path for path in named if not (REPOSITORY / path).exists()] == []


def test_every_link_between_documents_leads_somewhere(committed: list[Path]):
    broken = [
        f'{path.relative_to(REPOSITORY)}: {target}'
        for path in committed
        if path.suffix == '.md'
        for target in documents.links(path.read_text())
        if not (path.parent / target).exists()
    ]

    assert broken == []


def test_commands_stand_where_a_test_finds_them(committed: list[Path]):
    for path in committed:
        if path.suffix == '.md':
            documents.commands(path.read_text())


def test_no_file_has_outgrown_its_purpose(committed: list[Path]):
    long = {
        str(path.relative_to(REPOSITORY)): lines
        for path in committed
        if path.suffix in {'.py', '.sh', '.sql'}
        if (lines := path.read_bytes().count(b'\n')) > LONGEST
    }

    assert long == {}


def test_nothing_committed_names_a_registry(committed: list[Path]):
    named = [
        f'{path.relative_to(REPOSITORY)}: {match[0]}'
        for path in committed
        if (match := PLACES.search(path.read_text(errors='replace')))
    ]

    assert named == []


def test_what_is_run_by_name_is_executable():
    for name in ('solo', 'test', '.ci/run'):
        assert (REPOSITORY / name).stat().st_mode & 0o111 == 0o111, name
