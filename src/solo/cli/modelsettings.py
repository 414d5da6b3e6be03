"""Settings of models as ``add-model``, ``bootstrap`` and ``model-config`` are given them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

from .. import errors
from . import arguments


def given(texts: tuple[str, ...]) -> dict[str, str]:
    """Return what ``--config`` says: ``key=value``, or files of them; the later ones win.

    Raises:
        Error: If a file can't be read.
    """
    found: dict[str, str] = {}
    for text in texts:
        found.update(arguments.settings((text,)) if '=' in text else read(text))
    return found


def read(path: str) -> dict[str, str]:
    """Return the settings in a YAML file; ``-`` is stdin.

    Raises:
        Error: If it can't be read, or is no map.
    """
    import yaml

    try:
        value: Any = yaml.safe_load(arguments.read_file(path))
    except yaml.YAMLError as error:
        raise errors.Error(f'cannot read "{path}" as YAML: {error}') from error
    if not isinstance(value, dict):
        raise errors.Error(f'cannot read "{path}": expected a map of keys and values')
    return dict(_settings(cast('dict[str, Any]', value)))


def _settings(value: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield what a file sets: plain values, or what ``--format yaml`` has printed."""
    for key, item in value.items():
        printed = cast('dict[str, Any]', item if isinstance(item, dict) else {'Value': item})
        if printed.get('Source') != 'default':
            yield str(key), str(printed.get('Value', ''))
