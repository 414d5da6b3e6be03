"""Values and times are printed as Juju prints them (contract 1.6)."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from solo import formats


@pytest.mark.parametrize(
    ('value', 'smart', 'as_yaml', 'as_json'),
    [
        (None, '', '', 'null\n'),
        ('text', 'text\n', 'text\n', '"text"\n'),
        ('', '', '""\n', '""\n'),
        ('true', 'true\n', '"true"\n', '"true"\n'),
        ('12', '12\n', '"12"\n', '"12"\n'),
        ('two\nlines', 'two\nlines\n', '|-\n  two\n  lines\n', '"two\\nlines"\n'),
        (['a', 'b'], 'a\nb\n', '- a\n- b\n', '["a","b"]\n'),
        ([], '', '[]\n', '[]\n'),
        (True, 'True\n', 'true\n', 'true\n'),
        (False, 'False\n', 'false\n', 'false\n'),
        (80, '80\n', '80\n', '80\n'),
        (1.5, '1.5\n', '1.5\n', '1.5\n'),
        (2.0, '2\n', '2\n', '2\n'),
        ({}, '{}\n', '{}\n', '{}\n'),
        ({'b': 1, 'a': 'x'}, 'a: x\nb: 1\n', 'a: x\nb: 1\n', '{"a":"x","b":1}\n'),
        ({'a': {'b': ['c']}}, 'a:\n  b:\n  - c\n', 'a:\n  b:\n  - c\n', '{"a":{"b":["c"]}}\n'),
        ('<&>é', '<&>é\n', '<&>é\n', '"\\u003c\\u0026\\u003eé"\n'),
    ],
)
def test_each_value_in_each_format(value: Any, smart: str, as_yaml: str, as_json: str):
    assert formats.text(value, 'smart') == smart
    assert formats.text(value, 'yaml') == as_yaml
    assert formats.text(value, 'json') == as_json


KEYS = st.text(st.characters(exclude_categories=['Cs', 'Cc']))
# Juju's YAML loses newlines at the very end (cmd/output.go), and so does ours.
VALUES = st.text('a1 :#-\n"é').map(lambda text: text.rstrip('\n'))


@given(st.dictionaries(KEYS, VALUES))
def test_what_is_printed_reads_back(value: dict[str, str]):
    assert json.loads(formats.json_text(value)) == value
    assert yaml.safe_load(formats.yaml(value)) == value


def test_times():
    assert formats.go_time(1704164645.9) == '2024-01-02 03:04:05 +0000 UTC'
    assert formats.utc_time(1704164645) == '2024-01-02 03:04:05Z'
    assert formats.rfc3339(1704164645) == '2024-01-02T03:04:05Z'
    assert formats.status_time(1704164645, utc=True) == '2024-01-02 03:04:05Z'


@pytest.mark.parametrize(
    ('text', 'seconds'),
    [('12.5s', 12.5), ('1h30m', 5400.0), ('24h', 86400.0), ('-1m', -60.0), ('0', 0.0)],
)
def test_durations(text: str, seconds: float):
    assert formats.duration(text) == seconds


@pytest.mark.parametrize('text', ['', '5', 'x', '1h x', 's', '-'])
def test_what_is_no_duration(text: str):
    with pytest.raises(ValueError, match='time: invalid duration'):
        formats.duration(text)
