"""The YAML files of a charm, read so that whatever is in them is told and not raised."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

from .. import errors


def mapping(folder: Path, name: str, source: Path | None = None) -> dict[str, Any] | None:
    """Return the mapping in a YAML file of a charm, None if there is no such file.

    Args:
        folder: Where the file is.
        name: Its name.
        source: Where the user has it, for errors; by default the same.

    Raises:
        Error: If it can't be read, or holds something else.
    """
    import yaml

    path = (source or folder) / name
    try:
        text = (folder / name).read_text()
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise errors.Error(f'cannot read "{path}": {error}') from error
    try:
        loaded = yaml.safe_load(text)
    except yaml.YAMLError as error:
        cause = ' '.join(str(error).split())
        raise errors.Error(f'cannot read "{path}": {cause}') from error
    if loaded is None:
        return {}
    if not isinstance(loaded, dict):
        raise errors.Error(f'cannot read "{path}": it is not a mapping')
    return {str(key): value for key, value in cast('dict[Any, Any]', loaded).items()}
