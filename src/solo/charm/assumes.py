"""What a charm assumes of Juju (``assumes``, ``min-juju-version``), and whether it is so here.

Source: juju 3.6: core/assumes/sat_checker.go; juju/charm: assumes/parser.go; version/version.go.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, cast

from .. import errors, juju

_FEATURE = re.compile(r'^\s*([a-z][a-z0-9-]*[a-z0-9])\s*(?:(>=|<)\s*(\d+(?:\.\d+){0,2}))?\s*$')
_SEVERAL = {'any-of': 'at least one', 'all-of': 'all'}
_OURS = {'juju': juju.JUJU_VERSION}


def read(declared: Any, faults: list[str]) -> list[Any]:
    """Return the expressions of ``assumes``; what is none is added to *faults*."""
    if declared is None:
        return []
    if not isinstance(declared, list):
        faults.append('assumes: expected a list')
        return []
    found = cast('list[Any]', declared)
    for each in found:
        _check_form(each, faults)
    return found


def check(assumed: list[Any], least: str = '') -> None:
    """Refuse a charm that needs what there isn't.

    Args:
        assumed: What :func:`read` returned.
        least: Its ``min-juju-version``.

    Raises:
        Error: In Juju's words, with all that is missing.
    """
    if least and _number(least) > _number(juju.JUJU_VERSION):
        raise errors.Error(
            f"charm's min version ({least}) is higher than this juju model's version "
            f'({juju.JUJU_VERSION})'
        )
    lines = [line for each in assumed for line in _missing(each, '  ')]
    if lines:
        listed = '\n'.join(lines)
        raise errors.Error(
            f'Charm feature requirements cannot be met:\n{listed}\n\n'
            'Feature descriptions:\n  - "juju": the version of Juju used by the model\n\n'
            'To deploy it nevertheless, use --force'
        )


def _check_form(each: Any, faults: list[str]) -> None:
    if isinstance(each, str):
        if not _FEATURE.match(each):
            faults.append(f'assumes: malformed feature expression "{each}"')
    elif isinstance(each, dict) and len(cast('dict[Any, Any]', each)) == 1:
        [(kind, inner)] = cast('dict[Any, Any]', each).items()
        if kind not in _SEVERAL or not isinstance(inner, list) or not inner:
            faults.append(f'assumes: malformed expression "{kind}", expected any-of or all-of')
            return
        for one in cast('list[Any]', inner):
            _check_form(one, faults)
    else:
        faults.append('assumes: only one operator (any-of, all-of) or feature per entry')


def _missing(each: Any, indent: str) -> Iterator[str]:
    """Yield a line for each thing that isn't so."""
    if isinstance(each, str):
        yield from (f'{indent}- {text}' for text in _unmet(each))
        return
    [(kind, inner)] = cast('dict[str, list[Any]]', each).items()
    below = [[*_missing(one, f'{indent}  ')] for one in inner]
    if any(below) if kind == 'all-of' else all(below):
        yield f'{indent}- charm requires {_SEVERAL[kind]} of the following:'
        yield from (line for lines in below for line in lines)


def _unmet(feature: str) -> Iterator[str]:
    found = _FEATURE.match(feature)
    assert found is not None, 'checked when it was read'
    name, operator, version = found.groups()
    ours = _OURS.get(name)
    if ours is None:
        yield f'charm requires feature "{name}" but model does not support it'
        return
    if version and (_number(ours) >= _number(version)) != (operator == '>='):
        shown = '.'.join(map(str, _number(version)))
        yield (
            f'charm requires feature "{name}" (version {operator} {shown}) but model currently '
            f'supports version {ours}'
        )


def _number(version: str) -> tuple[int, int, int]:
    parts = [*map(int, re.findall(r'\d+', version)), 0, 0, 0]
    return parts[0], parts[1], parts[2]
