"""Parameters of actions against their schema, nested ones too."""

from __future__ import annotations

from typing import Any

import pytest

from solo.charm import schema

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
