"""What a charm assumes, checked against what is here: Juju 3.6 on machines."""

from __future__ import annotations

from typing import Any

import pytest

from solo import errors
from solo.charm import assumes, metadata


@pytest.mark.parametrize(
    'assumed',
    [
        [],
        ['juju'],
        ['juju >= 3.1', 'juju < 4'],
        ['juju>=3.6.9'],
        [{'any-of': ['k8s-api', 'juju >= 3.4']}],
        [{'all-of': ['juju >= 2', {'any-of': ['juju < 3', 'juju >= 3.1.6']}]}],
    ],
)
def test_what_is_so_is_no_fault(assumed: list[Any]):
    faults: list[str] = []

    assumes.check(assumes.read(assumed, faults), '3.6.0')

    assert faults == []


def test_all_that_is_missing_is_listed():
    assumed = ['juju >= 4.0', {'any-of': ['k8s-api', {'all-of': ['juju >= 3', 'juju < 3.5']}]}]

    with pytest.raises(errors.Error) as refused:
        assumes.check(assumes.read(assumed, []))

    lines = refused.value.message.partition('\n\n')[0].splitlines()
    juju, but = '- charm requires feature "juju" (version', 'but model currently supports version'
    assert lines == [
        'Charm feature requirements cannot be met:',
        f'  {juju} >= 4.0.0) {but} 3.6.9',
        '  - charm requires at least one of the following:',
        '    - charm requires feature "k8s-api" but model does not support it',
        '    - charm requires all of the following:',
        f'      {juju} < 3.5.0) {but} 3.6.9',
    ]


def test_a_newer_min_juju_version_is_refused():
    with pytest.raises(errors.Error, match=r'min version \(9\.9\) is higher than this juju model'):
        assumes.check([], '9.9')


@pytest.mark.parametrize(
    'assumed', ['juju', ['juju = 3'], [{'some-of': ['juju']}], [{'any-of': []}], [5], ['Juju']]
)
def test_what_cannot_be_read_is_a_fault_of_the_charm(assumed: Any):
    faults: list[str] = []

    assumes.read(assumed, faults)

    assert faults


def test_keys_of_two_formats_of_metadata_do_not_go_together():
    with pytest.raises(errors.Error, match='ambiguous metadata: keys "series" cannot be used'):
        metadata.parse({'name': 'a', 'series': ['jammy'], 'assumes': ['juju']}, {}, {})
