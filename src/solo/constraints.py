"""Constraints as Juju writes them: accepted, kept and shown; one machine can't choose hardware.

Source: juju: core/constraints/constraints.go.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from . import errors

_SIZES = ('mem', 'root-disk')
_COUNTS = ('cores', 'cpu-power')
_LISTS = ('spaces', 'tags', 'zones')
_WORDS = (
    'arch',
    'container',
    'image-id',
    'instance-role',
    'instance-type',
    'root-disk-source',
    'virt-type',
)
_FACTORS = {'': 1, **{unit: 1024**power for power, unit in enumerate('MGTP')}}


def parse(texts: Iterable[str]) -> dict[str, Any]:
    """Return constraints such as ``mem=2G cores=4``, sizes in MiB.

    Raises:
        UsageError: In Juju's words.
    """
    found: dict[str, Any] = {}
    for word in (word for text in texts for word in text.split()):
        key, equals, value = word.partition('=')
        if not equals:
            raise errors.UsageError(f'malformed constraint "{word}"')
        key = 'cores' if key == 'cpu-cores' else key
        if key in found:
            raise errors.UsageError(f'bad "{key}" constraint: already set')
        if value:
            found[key] = _value(key, value)
    return found


def _value(key: str, value: str) -> Any:
    if key in _SIZES:
        size = re.match(r'^(\d+(?:\.\d+)?)([MGTP]?)$', value)
        if size is None:
            raise errors.UsageError(
                f'bad "{key}" constraint: must be a non-negative float with optional M/G/T/P '
                'suffix'
            )
        return int(float(size[1]) * _FACTORS[size[2]])
    if key in _COUNTS:
        if not value.isdigit():
            raise errors.UsageError(f'bad "{key}" constraint: must be a non-negative integer')
        return int(value)
    if key == 'allocate-public-ip':
        if value not in ('true', 'false'):
            raise errors.UsageError(f'bad "{key}" constraint: must be "true" or "false"')
        return value == 'true'
    if key in _LISTS:
        return value.split(',')
    if key not in _WORDS:
        raise errors.UsageError(f'unknown constraint "{key}"')
    return value


def text(given: Mapping[str, Any]) -> str:
    """Return constraints on one line, in their order: ``cores=4 mem=2048M``."""
    return ' '.join(f'{key}={_shown(key, given[key])}' for key in sorted(given))


def _shown(key: str, value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return ','.join(value)  # pyright: ignore[reportUnknownArgumentType]  # what parse made
    return f'{value}M' if key in _SIZES else str(value)
