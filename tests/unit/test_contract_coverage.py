"""The table of what is tested names tests that exist, and every contract test is in it."""

from __future__ import annotations

import re
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
TABLE = TESTS.parent / 'docs' / 'reference' / 'juju-contract-coverage.md'
BROKEN = TABLE.with_name('juju-contract-mutations.md')


def names_of(*files: Path) -> set[str]:
    """Return the names of all tests in *files*."""
    return {
        name
        for file in files
        for name in re.findall(r'^def (test_\w+)', file.read_text(), re.MULTILINE)
    }


def test_every_test_in_the_table_exists():
    named = set(re.findall(r'`(test_\w+)`', TABLE.read_text()))

    there = names_of(*TESTS.glob('unit/**/test_*.py'), *TESTS.glob('contract/test_*.py'))

    assert len(named) > 80
    assert named <= there


def test_every_contract_test_is_in_the_table():
    listed = set(re.findall(r'`(test_\w+)`', TABLE.read_text()))

    assert names_of(*TESTS.glob('contract/test_*.py')) <= listed


def test_every_row_of_the_contracts_list_has_a_test():
    """The contract's section 8 has 53 rows; a test says in its docstring which it shows."""
    rows: set[int] = set()
    for file in TESTS.glob('contract/test_*.py'):
        for text in re.findall(r'[Rr]ows? ([\d, and]+)', file.read_text()):
            rows |= {int(number) for number in re.findall(r'\d+', text)}

    assert rows >= set(range(1, 54))


def test_every_row_was_broken_and_the_test_that_noticed_exists():
    noticed = set(re.findall(r'`(test_\w+)`', BROKEN.read_text()))
    rows = re.findall(r'^\| (\d+) \|', BROKEN.read_text(), re.MULTILINE)

    assert noticed <= names_of(*TESTS.glob('contract/test_*.py'))
    assert [int(row) for row in rows] == list(range(1, 54))
