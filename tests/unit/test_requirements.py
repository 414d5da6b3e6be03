"""The tests run with the very versions that ship, and every pin has its hashes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
SHIPPED = (
    'requirements/solo.txt',
    'charms/postgresql/requirements.txt',
    'charms/pgsql-client/requirements.txt',
    'charms/python-django/requirements.txt',
    'charms/python-django/site/requirements.txt',
    'charms/gunicorn/requirements.txt',
    'charms/postgresql-witness/requirements.txt',
)


def pins(path: str) -> dict[str, str]:
    """Return each pinned line (name, version, marker) of a lock, and its hashes."""
    text = (REPOSITORY / path).read_text()
    found = re.findall(
        r'^([a-z0-9][^\\\n]*==[^\\\n]*?) \\\n((?:    --hash.*\n)+)', text, re.MULTILINE
    )
    return dict(found)


def versions(pins: dict[str, str]) -> set[str]:
    """Return names and versions; where a pin applies differs with who else asks for it."""
    return {pin.partition(' ;')[0] for pin in pins}


@pytest.mark.parametrize('lock', SHIPPED)
def test_the_tests_run_with_the_versions_that_ship(lock: str):
    shipped = pins(lock)

    assert shipped
    assert versions(shipped) <= versions(pins('requirements/dev.txt'))


@pytest.mark.parametrize('lock', [*SHIPPED, 'requirements/dev.txt'])
def test_every_pin_has_a_hash(lock: str):
    text = (REPOSITORY / lock).read_text()
    lines = [line for line in text.splitlines() if re.match(r'[a-z0-9]', line)]

    assert len(pins(lock)) == len(lines)


def test_the_package_asks_for_what_its_lock_pins():
    project = (REPOSITORY / 'pyproject.toml').read_text()
    asked = re.search(r'^dependencies = \[(.*?)\]', project, re.MULTILINE)
    written = (REPOSITORY / 'requirements/solo.in').read_text()

    assert asked
    assert re.findall(r'"([\w-]+)', asked[1]) == re.findall(r'^([\w-]+)', written, re.MULTILINE)
