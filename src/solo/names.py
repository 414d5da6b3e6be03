"""Names of applications, units, endpoints, models: what is valid, and how they are written."""

from __future__ import annotations

import re
from typing import NamedTuple

from . import errors

_APPLICATION = re.compile(r'^[a-z][a-z0-9]*(-[a-z0-9]*[a-z][a-z0-9]*)*$')
_UNIT = re.compile(r'^([a-z][a-z0-9]*(?:-[a-z0-9]*[a-z][a-z0-9]*)*)/(0|[1-9][0-9]*)$')
_MODEL = re.compile(r'^[a-z0-9][a-z0-9-]*$')
_CONTROLLER = re.compile(r'^[a-zA-Z0-9][a-zA-Z0-9._-]*$')
_DIGITS = re.compile(r'(\d+)')


class Unit(NamedTuple):
    """A unit's name in its two parts: ``app/3`` is ``Unit('app', 3)``."""

    application: str
    number: int

    def __str__(self) -> str:
        return f'{self.application}/{self.number}'

    @property
    def tag(self) -> str:
        """The name for file names: ``unit-app-3``."""
        return f'unit-{self.application}-{self.number}'


def is_application(text: str) -> bool:
    """Tell whether *text* is a valid application or charm name. Source: juju names package."""
    return _APPLICATION.match(text) is not None


def is_unit(text: str) -> bool:
    """Tell whether *text* is a valid unit name such as ``app/0``."""
    return _UNIT.match(text) is not None


def is_model(text: str) -> bool:
    """Tell whether *text* is a valid model name."""
    return _MODEL.match(text) is not None


def is_controller(text: str) -> bool:
    """Tell whether *text* is a valid controller name."""
    return _CONTROLLER.match(text) is not None


def unit(text: str) -> Unit:
    """Return *text* in its parts.

    Raises:
        UsageError: If it is not a unit name.
    """
    found = _UNIT.match(text)
    if found is None:
        raise errors.UsageError(f'invalid unit name "{text}"')
    return Unit(found[1], int(found[2]))


def natural(text: str) -> tuple[tuple[int, int | str], ...]:
    """Return a sort key with which ``a/2`` comes before ``a/10``."""
    return tuple(
        (0, int(part)) if part.isdigit() else (1, part) for part in _DIGITS.split(text) if part
    )
