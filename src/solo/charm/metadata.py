"""A charm's metadata, options and actions as typed values.

Source: juju: domain/deployment/charm/meta.go, config.go, actions.go; contract section 7.
"""

from __future__ import annotations

import dataclasses
import math
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, cast

from .. import errors, model, names
from . import assumes, loading, schema

Json = dict[str, Any]
_ACTION = re.compile(r'^[a-z0-9]([a-z0-9-]*[a-z0-9])?$')
_TYPES = ('string', 'int', 'float', 'boolean', 'secret')
_SIZES = {'': 1, **{unit: 1024**power for power, unit in enumerate('MGTPEZY')}}


@dataclasses.dataclass(frozen=True)
class Endpoint:
    """One end of possible relations; ``limit`` 0 means any number."""

    name: str
    role: model.Role
    interface: str
    scope: model.Scope = 'global'
    limit: int = 0


@dataclasses.dataclass(frozen=True)
class Storage:
    """A storage declaration; ``maximum`` None means any number, ``minimum_mb`` 0 any size."""

    name: str
    kind: Literal['filesystem', 'block'] = 'filesystem'
    location: str = ''
    minimum: int = 1
    maximum: int | None = 1
    minimum_mb: int = 0


@dataclasses.dataclass(frozen=True)
class Option:
    """A configuration option; ``default`` None means none."""

    name: str
    type: Literal['string', 'int', 'float', 'boolean', 'secret']
    default: Any = None
    description: str = ''


@dataclasses.dataclass(frozen=True)
class Action:
    """An action with the JSON schema of its parameters."""

    name: str
    description: str = ''
    params: Mapping[str, Any] = dataclasses.field(default_factory=dict[str, Any])
    required: tuple[str, ...] = ()
    additional: bool = True
    parallel: bool = False
    execution_group: str = ''


@dataclasses.dataclass(frozen=True)
class Charm:
    """All that Juju reads of a charm."""

    name: str
    summary: str = ''
    description: str = ''
    subordinate: bool = False
    endpoints: tuple[Endpoint, ...] = ()
    storage: tuple[Storage, ...] = ()
    resources: Mapping[str, Mapping[str, Any]] = dataclasses.field(
        default_factory=dict[str, 'Mapping[str, Any]']
    )
    extra_bindings: tuple[str, ...] = ()
    options: tuple[Option, ...] = ()
    actions: tuple[Action, ...] = ()
    payloads: Mapping[str, str] = dataclasses.field(default_factory=dict[str, str])
    assumes: list[Any] = dataclasses.field(default_factory=list[Any])
    min_juju_version: str = ''

    def endpoint(self, name: str) -> Endpoint | None:
        """Return the endpoint of that name, the implicit ``juju-info`` included."""
        for endpoint in self.endpoints:
            if endpoint.name == name:
                return endpoint
        return JUJU_INFO if name == 'juju-info' else None

    def option(self, name: str) -> Option | None:
        """Return the option of that name."""
        return next((option for option in self.options if option.name == name), None)

    def action(self, name: str) -> Action | None:
        """Return the action of that name."""
        return next((action for action in self.actions if action.name == name), None)


# Keys of the first and of the second format of metadata. Source: juju/charm: meta.go (Check).
_OLD, _NEW = ('min-juju-version', 'series'), ('assumes', 'charm-user', 'containers')

# What every application provides without saying so (contract 6.2).
JUJU_INFO = Endpoint('juju-info', 'provides', 'juju-info')


def read(folder: Path, source: Path | None = None) -> Charm:
    """Read the charm in *folder*: ``charmcraft.yaml`` or metadata, config and actions files.

    Args:
        folder: Where its files are.
        source: Where the user has them, for errors; by default the same.

    Raises:
        Error: With all the faults that were found, each with its file and field.
    """
    source = source or folder
    unified = loading.mapping(folder, 'charmcraft.yaml', source)
    split = loading.mapping(folder, 'metadata.yaml', source)
    metadata = split if split is not None else unified
    if metadata is None or 'name' not in metadata:
        raise errors.Error(
            f'cannot read the charm in "{source}": it has no metadata.yaml and no charmcraft.yaml '
            'with a name'
        )
    config = loading.mapping(folder, 'config.yaml', source)
    actions = loading.mapping(folder, 'actions.yaml', source)
    faults: list[str] = []
    if config is None:
        config = _mapping(unified or {}, 'config', faults)
    if actions is None:
        actions = _mapping(unified or {}, 'actions', faults)
    return parse(metadata, config, actions, faults)


def parse(metadata: Json, config: Json, actions: Json, known_faults: Sequence[str] = ()) -> Charm:
    """Return the charm that the three mappings describe.

    Args:
        metadata: What the charm is.
        config: Its options.
        actions: Its actions.
        known_faults: What is wrong already.

    Raises:
        Error: With all faults at once.
    """
    faults = [*known_faults]
    name = str(metadata.get('name') or '')
    if not names.is_application(name):
        faults.append(f'metadata: name: "{name}" is not a valid charm name')
    endpoints = _endpoints(metadata, faults)
    old, new = ([f'"{key}"' for key in keys if metadata.get(key)] for keys in (_OLD, _NEW))
    if old and new:
        listed = f'keys {", ".join(old)} cannot be used with {", ".join(new)}'
        faults.append(f'ambiguous metadata: {listed}')
    charm = Charm(
        name=name,
        summary=str(metadata.get('summary') or ''),
        description=str(metadata.get('description') or ''),
        subordinate=bool(metadata.get('subordinate')),
        endpoints=endpoints,
        storage=_storage(_mapping(metadata, 'storage', faults), faults),
        resources=cast('Mapping[str, Mapping[str, Any]]', _mapping(metadata, 'resources', faults)),
        extra_bindings=tuple(_mapping(metadata, 'extra-bindings', faults)),
        options=_options(_mapping(config, 'options', faults), faults),
        actions=_actions(actions, faults),
        payloads=_payloads(_mapping(metadata, 'payloads', faults)),
        assumes=assumes.read(metadata.get('assumes'), faults),
        min_juju_version=str(metadata.get('min-juju-version') or ''),
    )
    if charm.subordinate and not any(
        end.role == 'requires' and end.scope == 'container' for end in endpoints
    ):
        faults.append(f'subordinate charm "{name}" lacks "requires" relation with container scope')
    if faults:
        raise errors.Error(f'invalid charm "{name}": ' + '; '.join(faults))
    return charm


def _mapping(where: Json, key: str, faults: list[str]) -> Json:
    return _checked(where.get(key), key, faults)


def _checked(value: Any, place: str, faults: list[str]) -> Json:
    """Return a value that has to be a mapping, an empty one where there is nothing or no such."""
    if value is None:
        return {}
    if not isinstance(value, dict):
        faults.append(f'{place}: expected a mapping')
        return {}
    return {str(key): each for key, each in cast('dict[Any, Any]', value).items()}


def _payloads(declared: Json) -> dict[str, str]:
    """Return the type of each payload class, which charms of 3.6 and before may have."""
    return {
        name: str(cast('Json', each).get('type', '')) if isinstance(each, dict) else ''
        for name, each in declared.items()
    }


def _endpoints(metadata: Json, faults: list[str]) -> tuple[Endpoint, ...]:
    found: list[Endpoint] = []
    roles: tuple[model.Role, ...] = ('provides', 'requires', 'peers')
    for role in roles:
        for name, told in _mapping(metadata, role, faults).items():
            given = cast('Json', told if isinstance(told, dict) else {'interface': told})
            if not given.get('interface'):
                faults.append(f'{role}: {name}: interface missing')
                continue
            scope, limit = given.get('scope') or 'global', given.get('limit') or 0
            if scope not in ('global', 'container'):
                faults.append(f'{role}: {name}: scope "{scope}" is neither global nor container')
                continue
            if not isinstance(limit, int):
                faults.append(f'{role}: {name}: limit: expected int, got "{limit}"')
                continue
            reserved = name == 'juju' or name.startswith('juju-')
            if reserved and (role != 'requires' or given['interface'] != 'juju-info'):
                faults.append(f'{role}: "{name}" is a reserved name')
            if any(other.name == name for other in found):
                faults.append(f'duplicated relation name: "{name}"')
            found.append(Endpoint(name, role, str(given['interface']), scope, limit))
    return tuple(found)


def _storage(declared: Json, faults: list[str]) -> tuple[Storage, ...]:
    found: list[Storage] = []
    for name, told in declared.items():
        given = _checked(told, f'storage: {name}', faults)
        kind = given.get('type')
        if kind not in ('filesystem', 'block'):
            faults.append(f'storage: {name}: type: "{kind}" is neither filesystem nor block')
            continue
        low, high = 1, cast('int | None', 1)
        ranged = _checked(given.get('multiple'), f'storage: {name}: multiple', faults)
        multiple = str(ranged.get('range', ''))
        if multiple:
            match = re.match(r'^(\d+)(?:(\+|-)(\d*))?$', multiple)
            if match is None:
                faults.append(f'storage: {name}: multiple: range "{multiple}" not valid')
                continue
            low = int(match[1])
            high = int(match[3]) if match[3] else (None if match[2] else low)
        try:
            size = size_mb(str(given.get('minimum-size') or '0'))
        except errors.Error as error:
            faults.append(f'storage: {name}: minimum-size: {error}')
            continue
        location = str(given.get('location') or '')
        if location.startswith('/var/lib/juju/storage'):
            faults.append(f'storage: {name}: location "{location}" is reserved')
        found.append(Storage(name, kind, location, low, high, size))
    return tuple(found)


def size_mb(text: str) -> int:
    """Return a size such as ``10G`` in MiB; a bare number is MiB."""
    match = re.match(r'^(\d+(?:\.\d+)?)([MGTPEZY]?)(?:i?B)?$', text)
    if match is None:
        raise errors.UsageError(f'cannot parse size "{text}"')
    return int(float(match[1]) * _SIZES[match[2]])


def _options(declared: Json, faults: list[str]) -> tuple[Option, ...]:
    found: list[Option] = []
    for name, told in declared.items():
        given = _checked(told, f'options: {name}', faults)
        kind = given.get('type', 'string')
        if kind not in _TYPES:
            faults.append(f'invalid config: option "{name}" has unknown type "{kind}"')
            continue
        default = given.get('default')
        if default is not None:
            try:
                default = option_value(Option(name, kind), default)
            except errors.Error as error:
                faults.append(f'invalid config default: {error}')
                continue
        found.append(Option(name, kind, default, str(given.get('description') or '')))
    return tuple(found)


_TRUTHS = {
    **dict.fromkeys(('1', 't', 'T', 'true', 'TRUE', 'True'), True),
    **dict.fromkeys(('0', 'f', 'F', 'false', 'FALSE', 'False'), False),
}


def option_value(option: Option, given: Any) -> Any:
    """Return *given*, a typed value or its text, as the option's type.

    Raises:
        Error: ``option "port" expected int, got "x"``.
    """
    wrong = errors.Error(f'option "{option.name}" expected {option.type}, got {_shown(given)}')
    if option.type in ('string', 'secret'):
        if isinstance(given, str):
            return given
        raise wrong
    value = _of_text(option.type, given) if isinstance(given, str) else given
    if option.type == 'boolean':
        if isinstance(value, bool):
            return value
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        if option.type == 'float' and math.isfinite(value):
            return float(value)
        if option.type == 'int' and -(1 << 63) <= value < 1 << 63 and value == int(value):
            return int(value)
    raise wrong


def _of_text(kind: str, text: str) -> Any:
    """Return the value of an option's text, None if it is none; as Go's strconv reads it."""
    if kind == 'boolean':
        return _TRUTHS.get(text)
    if not text.isascii() or '_' in text or text != text.strip():
        return None
    try:
        return int(text) if kind == 'int' else float(text)
    except ValueError:
        return None


def _shown(value: Any) -> str:
    if isinstance(value, str):
        return f'"{value}"'
    return str(value).lower() if isinstance(value, bool) else str(value)


def _actions(declared: Json, faults: list[str]) -> tuple[Action, ...]:
    found: list[Action] = []
    for name, told in declared.items():
        given = _checked(told, f'actions: {name}', faults)
        params = _checked(given.get('params'), f'actions: {name}: params', faults)
        malformed = schema.malformed({'properties': params})
        faults += [f'actions: {name}: {each}' for each in malformed]
        if name == 'juju' or name.startswith('juju-'):
            faults.append(f'actions: cannot use action name {name}: "juju" is a reserved name')
        elif not _ACTION.match(name):
            faults.append(f'actions: bad action name {name}')
        else:
            found.append(
                Action(
                    name=name,
                    description=str(given.get('description') or 'No description'),
                    params=params,
                    required=tuple(schema.listed(given.get('required'))),
                    additional=bool(given.get('additionalProperties', True)),
                    parallel=bool(given.get('parallel')),
                    execution_group=str(given.get('execution-group') or ''),
                )
            )
    return tuple(found)


def validate_params(action: Action, params: Mapping[str, Any]) -> Json:
    """Return *params* with the schema's defaults filled in.

    Raises:
        Error: ``validation failed: (root).x : …`` with every fault.

    Source: juju: domain/deployment/charm/actions.go.
    """
    whole: Json = {
        'properties': action.params,
        'required': action.required,
        'additionalProperties': action.additional,
    }
    faults = list(schema.faults(whole, dict(params)))
    if faults:
        raise errors.Error('validation failed: ' + '; '.join(faults))
    return schema.filled(whole, dict(params))


def to_json(charm: Charm) -> Json:
    """Return what :func:`from_json` reads: plain values for the database."""
    return dataclasses.asdict(charm)


def from_json(saved: Json) -> Charm:
    """Return the charm that :func:`to_json` wrote."""
    return Charm(
        name=saved['name'],
        summary=saved['summary'],
        description=saved['description'],
        subordinate=saved['subordinate'],
        endpoints=tuple(Endpoint(**end) for end in saved['endpoints']),
        storage=tuple(Storage(**storage) for storage in saved['storage']),
        resources=saved['resources'],
        extra_bindings=tuple(saved['extra_bindings']),
        options=tuple(Option(**option) for option in saved['options']),
        actions=tuple(
            Action(**cast('Json', {**action, 'required': tuple(action['required'])}))
            for action in saved['actions']
        ),
        payloads=saved.get('payloads', {}),
        assumes=saved.get('assumes', []),
        min_juju_version=saved.get('min_juju_version', ''),
    )
