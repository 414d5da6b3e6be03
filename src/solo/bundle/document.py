"""A bundle's files become one document: overlays laid over it, files included, paths absolute.

Source: juju/charm: overlay.go, bundledatasource.go.
"""

from __future__ import annotations

import base64
import os
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

from .. import errors

Json = dict[str, Any]
# What only a second document or an ``--overlay`` may say: it is about where the bundle is used.
_OVERLAY_ONLY = ('exposed-endpoints', 'offers')
_NAMES = ('bundle.yaml', 'bundle.yml')
_LARGEST = 16 * 1024 * 1024  # of an archive, whose packed size says nothing
_BY_NAME = ('applications', 'saas')
_INCLUDES = ('include-file://', 'include-base64://')


def find(path: str) -> Path | None:
    """Return the file of the bundle at *path*, or None if that is a charm or nothing."""
    given = Path(path)
    if given.is_dir():
        if any((given / name).exists() for name in ('metadata.yaml', 'charmcraft.yaml')):
            return None
        return next((given / name for name in _NAMES if (given / name).is_file()), None)
    return given if given.is_file() and not _is_charm(given) else None


def _is_charm(path: Path) -> bool:
    if path.suffix in ('.yaml', '.yml'):
        return False
    if path.suffix == '.charm':
        return True
    try:
        with open(path, 'rb') as file:
            return file.read(2) == b'PK' and not _archived(path)
    except OSError:
        return True  # whoever unpacks it will say why that is not possible


def _archived(path: Path) -> str:
    """Return the text of the bundle in a zip file; empty if there is none."""
    try:
        with zipfile.ZipFile(path) as archive, archive.open(_NAMES[0]) as file:
            return file.read(_LARGEST).decode()
    except (KeyError, zipfile.BadZipFile):
        return ''


def load(path: Path, overlays: Sequence[Path]) -> Json:
    """Return the bundle in the file *path*, with *overlays* in their order.

    Raises:
        Error: In Juju's words, if a file can't be read or says what it may not.
    """
    whole: Json = {}
    for source in (path, *overlays):
        for document in _documents(source):
            _resolve(document, source.absolute().parent)
            if not whole:
                _refuse_overlay_keys(document)
                whole = document
            else:
                _overlay(whole, document)
    if not whole:
        raise errors.Error('malformed bundle: bundle is empty not valid')
    return whole


def _documents(path: Path) -> list[Json]:
    import yaml

    try:
        text = _archived(path) if zipfile.is_zipfile(path) else path.read_text('utf-8')
        documents = [each for each in yaml.safe_load_all(text) if each]
    except OSError as error:
        cause = (error.strerror or str(error)).lower()
        raise errors.Error(f'cannot read bundle: open {path}: {cause}') from error
    except (UnicodeDecodeError, yaml.YAMLError) as error:
        cause = ' '.join(str(error).split())
        raise errors.Error(f'cannot unmarshal bundle contents: yaml: {cause}') from error
    for document in documents:
        if not isinstance(document, dict):
            raise errors.Error(
                f'cannot unmarshal bundle contents: yaml: {path} is no mapping of names to values'
            )
    return documents


def _entries(document: Json, section: str) -> dict[str, Json]:
    """Return what is a mapping in a section; verifying says what isn't."""
    found: Any = document.get(section)
    if not isinstance(found, dict):
        return {}
    items = cast('Json', found).items()
    return {str(name): cast('Json', each) for name, each in items if isinstance(each, dict)}


def _refuse_overlay_keys(document: Json) -> None:
    for name, application in _entries(document, 'applications').items():
        for key in _OVERLAY_ONLY:
            if application.get(key):
                raise errors.Error(
                    f'applications.{name}.{key} can only appear in an overlay section'
                )


def _resolve(document: Json, folder: Path) -> None:
    """Make paths absolute and put in what is included; both are relative to the file's folder."""
    for name, application in _entries(document, 'applications').items():
        charm: Any = application.get('charm')
        if isinstance(charm, str) and charm.startswith('.'):
            application['charm'] = os.path.normpath(folder / charm)
        resources: Any = application.get('resources')
        if isinstance(resources, dict):
            given = cast('Json', resources)
            application['resources'] = {
                key: os.path.normpath(folder / path) if isinstance(path, str) else path
                for key, path in given.items()
            }
        for kind, section in (('option', 'options'), ('annotation', 'annotations')):
            values: Any = application.get(section)
            for key, value in cast('Json', values).items() if isinstance(values, dict) else ():
                if isinstance(value, str) and value.startswith(_INCLUDES):
                    where = f'processing {kind} "{key}" for application "{name}"'
                    values[key] = _included(value, folder, where)


def _included(value: str, folder: Path, where: str) -> str:
    scheme, _, name = value.partition('://')
    path = Path(os.path.normpath(folder / name))
    if path.is_dir():
        raise errors.Error(f'{where}: include path "{path}" resolves to a folder')
    try:
        content = path.read_bytes()
        return base64.b64encode(content).decode() if scheme.endswith('64') else content.decode()
    except FileNotFoundError as error:
        raise errors.Error(f'{where}: include file "{path}" not found') from error
    except OSError as error:
        raise errors.Error(f'{where}: cannot read "{path}": {error.strerror}') from error
    except UnicodeDecodeError as error:
        raise errors.Error(
            f'{where}: "{path}" is not UTF-8 text; include-base64:// takes any file'
        ) from error


def _overlay(whole: Json, overlay: Json) -> None:
    """Lay *overlay* over *whole*: scalars replace, maps merge, nothing removes."""
    for key, value in overlay.items():
        if key == 'relations':
            whole[key] = [*(whole.get(key) or ()), *(value or ())]
        elif key in _BY_NAME and isinstance(value, dict):
            section = whole.setdefault(key, {})
            for name, entry in cast('Json', value).items():
                if not entry:
                    section.pop(name, None)
                    _drop_relations(whole, str(name))
                elif isinstance(section.get(name), dict) and isinstance(entry, dict):
                    _merge(section[name], cast('Json', entry))
                else:
                    section[name] = entry
        else:
            whole[key] = value


def _merge(application: Json, overlay: Json) -> None:
    for key, value in overlay.items():
        before = application.get(key)
        if not isinstance(value, dict) or not value or not isinstance(before, dict):
            application[key] = value
            continue
        section = cast('Json', before)
        for name, entry in cast('Json', value).items():
            if entry is None or entry in ({}, []):
                section.pop(name, None)
            else:
                section[name] = entry


def _drop_relations(whole: Json, application: str) -> None:
    whole['relations'] = [
        pair
        for pair in whole.get('relations') or ()
        if application not in (str(end).partition(':')[0] for end in pair)
    ]
