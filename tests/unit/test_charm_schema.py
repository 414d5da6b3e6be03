"""Parameters of actions against their schema, and options against their types."""

from __future__ import annotations

from typing import Any

import pytest

from solo import errors
from solo.charm import metadata, schema

COMPRESSION: dict[str, Any] = {
    'type': 'object',
    'properties': {
        'kind': {'type': 'string', 'enum': ['gzip', 'xz'], 'default': 'gzip'},
        'quality': {'type': 'integer', 'minimum': 0, 'maximum': 9, 'default': 5},
    },
    'additionalProperties': False,
}
WHOLE: dict[str, Any] = {
    'properties': {
        'name': {'type': 'string', 'minLength': 1, 'maxLength': 3, 'pattern': '^[a-z]*$'},
        'tags': {'type': 'array', 'items': {'type': 'string'}, 'minItems': 1, 'maxItems': 2},
        'ratio': {'type': 'number', 'minimum': 0, 'exclusiveMinimum': True},
        'compression': COMPRESSION,
    },
    'required': ['name'],
}


def test_defaults_are_filled_in_at_every_depth():
    compression = {'kind': 'xz'}

    assert schema.filled(WHOLE, {'name': 'a', 'more': 1}) == {
        'name': 'a',
        'more': 1,
        'compression': {'kind': 'gzip', 'quality': 5},
    }
    found = schema.filled(WHOLE, {'name': 'a', 'compression': compression})
    assert found['compression'] == {'kind': 'xz', 'quality': 5}
    assert compression == {'kind': 'xz'}


@pytest.mark.parametrize(
    ('value', 'fault'),
    [
        ({'name': 'a', 'tags': ['x'], 'ratio': 0.5, 'compression': {'quality': 9}}, None),
        ({}, '(root) : "name" property is missing and required'),
        ({'name': 1}, '(root).name : must be of type string, given 1'),
        ({'name': ''}, '(root).name : must be at least 1 characters long'),
        ({'name': 'abcd'}, '(root).name : must be at most 3 characters long'),
        ({'name': 'A'}, '(root).name : does not match pattern ^[a-z]*$'),
        ({'name': 'a', 'tags': []}, '(root).tags : must have at least 1 items'),
        ({'name': 'a', 'tags': ['x', 'y', 'z']}, '(root).tags : must have at most 2 items'),
        ({'name': 'a', 'tags': [True]}, '(root).tags.0 : must be of type string, given true'),
        ({'name': 'a', 'ratio': 0}, '(root).ratio : must be greater than 0'),
        (
            {'name': 'a', 'compression': {'quality': 10}},
            '(root).compression.quality : must be less than or equal to 9',
        ),
        (
            {'name': 'a', 'compression': {'kind': 'rar'}},
            '(root).compression.kind : must match one of the enum values ["gzip", "xz"]',
        ),
        (
            {'name': 'a', 'compression': {'speed': 1}},
            '(root).compression : additional property "speed" is not allowed',
        ),
    ],
)
def test_a_fault_is_named_with_its_place(value: dict[str, Any], fault: str | None):
    assert list(schema.faults(WHOLE, value)) == ([] if fault is None else [fault])


@pytest.mark.parametrize(
    ('kind', 'given', 'value'),
    [
        ('boolean', '1', True),
        ('boolean', 'F', False),
        ('boolean', 'TRUE', True),
        ('boolean', 'tRUE', None),
        ('boolean', 'yes', None),
        ('boolean', '', None),
        ('int', '-010', -10),
        ('int', '1_000', None),
        ('int', ' 5', None),
        ('int', '0x10', None),
        ('int', '1.0', None),
        ('int', '9223372036854775807', 9223372036854775807),
        ('int', '9223372036854775808', None),
        ('int', 7.0, 7),
        ('int', 7.5, None),
        ('int', True, None),
        ('float', '1e3', 1000.0),
        ('float', 5, 5.0),
        ('float', 'nan', None),
        ('float', 'inf', None),
        ('string', 5, None),
        ('string', '', ''),
    ],
)
def test_options_are_read_as_go_reads_them(kind: Any, given: Any, value: Any):
    option = metadata.Option('x', kind, None, '')

    if value is None:
        with pytest.raises(errors.Error, match=f'option "x" expected {kind}, got '):
            metadata.option_value(option, given)
    else:
        assert metadata.option_value(option, given) == value
