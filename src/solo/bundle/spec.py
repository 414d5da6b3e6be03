"""What a bundle asks for, as typed values.

Source: juju/charm: bundledata.go (BundleData, ApplicationSpec, ParsePlacement).
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from typing import Any, NamedTuple, cast

Json = dict[str, Any]
Text = Mapping[str, str]
_APPLICATION = r'[a-z][a-z0-9]*(?:-[a-z0-9]*[a-z][a-z0-9]*)*'
_NUMBER = r'(?:0|[1-9][0-9]*)'
_PLACEMENT = re.compile(rf'^(?:([a-z]+):)?(?:({_APPLICATION})(?:/({_NUMBER}))?|({_NUMBER}))$')
_ENDPOINT = re.compile(rf'^({_APPLICATION})(?::([a-z][a-z0-9]*(?:[_-][a-z0-9]+)*))?$')


class Placement(NamedTuple):
    """Where a unit goes: to a machine of the bundle, ``new``, an application's unit, or any."""

    container: str
    machine: str
    application: str
    unit: int | None


class Endpoint(NamedTuple):
    """One side of a relation; the endpoint's name may be left out."""

    application: str
    name: str

    def __str__(self) -> str:
        return f'{self.application}:{self.name}' if self.name else self.application


@dataclasses.dataclass(frozen=True)
class Application:
    """One application of a bundle."""

    charm: str = ''
    base: str = ''
    num_units: int = 0
    to: tuple[str, ...] = ()
    expose: bool = False
    exposed_endpoints: Mapping[str, tuple[str, ...]] = dataclasses.field(
        default_factory=dict[str, 'tuple[str, ...]']
    )
    options: Json = dataclasses.field(default_factory=dict[str, Any])
    constraints: str = ''
    storage: Text = dataclasses.field(default_factory=dict[str, str])
    bindings: Text = dataclasses.field(default_factory=dict[str, str])
    resources: Json = dataclasses.field(default_factory=dict[str, Any])
    offers: Mapping[str, tuple[str, ...]] = dataclasses.field(
        default_factory=dict[str, 'tuple[str, ...]']
    )
    trust: bool = False

    @property
    def exposure(self) -> Mapping[str, tuple[str, ...]]:
        """Networks by endpoint, ``''`` for all; nothing if it isn't exposed."""
        if self.exposed_endpoints:
            return self.exposed_endpoints
        return {'': EVERYWHERE} if self.expose else {}


@dataclasses.dataclass(frozen=True)
class Bundle:
    """A bundle that was read; ``machines`` have their constraints, ``saas`` URLs of offers."""

    applications: Mapping[str, Application]
    machines: Text
    saas: Text
    relations: tuple[tuple[str, ...], ...]
    default_base: str = ''


EVERYWHERE = ('0.0.0.0/0', '::/0')
# Keys that Juju knows and that mean nothing here, or only to Charmhub.
_APPLICATION_SILENT = (
    *('annotations', 'channel', 'devices', 'plan', 'revision', 'series'),
    *('options', 'resources', 'charm', 'base', 'num_units', 'scale', 'to', 'expose'),
    *('exposed-endpoints', 'constraints', 'storage', 'bindings', 'offers', 'trust'),
)
_BUNDLE_KEYS = (
    *('applications', 'machines', 'saas', 'relations', 'default-base'),
    *('bundle', 'name', 'description', 'docs', 'issues', 'series', 'source', 'tags', 'website'),
)


def placement(text: str) -> Placement | None:
    """Return ``[container:](application[/unit]|machine|new)`` in its parts, None if it isn't."""
    found = _PLACEMENT.match(text)
    if found is None or (found[2] == 'new' and found[3]):
        return None
    unit = int(found[3]) if found[3] else None
    if found[2] == 'new':
        return Placement(found[1] or '', 'new', '', None)
    return Placement(found[1] or '', found[4] or '', found[2] or '', unit)


def endpoint(text: str) -> Endpoint | None:
    """Return ``application[:endpoint]`` in its parts, None if it isn't that."""
    found = _ENDPOINT.match(text)
    return Endpoint(found[1], found[2] or '') if found else None


def read(document: Json) -> tuple[Bundle, list[str], list[str]]:
    """Return the bundle of a document, what is wrong in it, and which fields mean nothing."""
    reader = _Reader()
    bundle = reader.bundle(document)
    return bundle, reader.faults, reader.unknown


class _Reader:
    def __init__(self) -> None:
        self.faults: list[str] = []
        self.unknown: list[str] = []

    def bundle(self, document: Json) -> Bundle:
        self._known(document, _BUNDLE_KEYS, 'the bundle')
        machines = self._map(document, 'machines', '')
        saas = self._map(document, 'saas', '')
        return Bundle(
            applications={
                name: self._application(name, each)
                for name, each in self._map(document, 'applications', '').items()
            },
            machines={
                name: self._text(self._mapping(each, f'machines.{name}'), 'constraints', name)
                for name, each in machines.items()
            },
            saas={
                name: self._text(self._mapping(each, f'saas.{name}'), 'url', name)
                for name, each in saas.items()
            },
            relations=tuple(
                self._texts({'': pair}, '', 'relations')
                for pair in self._list(document, 'relations', '')
            ),
            default_base=self._text(document, 'default-base', ''),
        )

    def _application(self, name: str, value: Any) -> Application:
        where = f'applications.{name}'
        if value is None:
            self.faults.append(f'bundle application for key "{name}" is undefined')
        given = self._mapping(value, where)
        self._known(given, _APPLICATION_SILENT, where)
        if given.get('scale') and given.get('num_units'):
            self.faults.append(f'cannot specify both scale and num_units for application "{name}"')
        count = 'scale' if given.get('scale') else 'num_units'
        return Application(
            charm=self._text(given, 'charm', where),
            base=self._text(given, 'base', where),
            num_units=self._number(given, count, where),
            to=self._texts(given, 'to', where),
            expose=self._truth(given, 'expose', where),
            exposed_endpoints={
                endpoint: tuple(
                    sorted(self._texts(self._mapping(each, where), 'expose-to-cidrs', where))
                )
                for endpoint, each in self._map(given, 'exposed-endpoints', where).items()
            },
            options=self._map(given, 'options', where),
            constraints=self._text(given, 'constraints', where),
            storage=self._text_map(given, 'storage', where),
            bindings=self._text_map(given, 'bindings', where),
            resources=self._map(given, 'resources', where),
            offers={
                offer: self._texts(self._mapping(each, where), 'endpoints', where)
                for offer, each in self._map(given, 'offers', where).items()
            },
            trust=self._truth(given, 'trust', where),
        )

    def _known(self, given: Json, keys: tuple[str, ...], where: str) -> None:
        self.unknown += [f'field {key} not found in {where}' for key in given if key not in keys]

    def _refuse(self, value: Any, where: str, key: str, kind: str) -> None:
        path = '.'.join(filter(None, (where, key)))
        self.faults.append(f'{path}: cannot unmarshal {value!r} into {kind}')

    def _mapping(self, value: Any, where: str) -> Json:
        if value is None:
            return {}
        if not isinstance(value, dict):
            self._refuse(value, where, '', 'a mapping')
            return {}
        return {str(key): each for key, each in cast('dict[Any, Any]', value).items()}

    def _map(self, given: Json, key: str, where: str) -> Json:
        return self._mapping(given.get(key), '.'.join(filter(None, (where, key))))

    def _text_map(self, given: Json, key: str, where: str) -> Text:
        found = self._map(given, key, where)
        return {name: self._text(found, name, f'{where}.{key}') for name in found}

    def _list(self, given: Json, key: str, where: str) -> list[Any]:
        value = given.get(key)
        if value is None:
            return []
        if not isinstance(value, list):
            self._refuse(value, where, key, 'a list')
            return []
        return cast('list[Any]', value)

    def _texts(self, given: Json, key: str, where: str) -> tuple[str, ...]:
        return tuple(self._text({key: each}, key, where) for each in self._list(given, key, where))

    def _text(self, given: Json, key: str, where: str) -> str:
        value = given.get(key)
        if value is None:
            return ''
        if isinstance(value, (dict, list)):
            self._refuse(cast('Any', value), where, key, 'string')
            return ''
        return str(value).lower() if isinstance(value, bool) else str(value)

    def _number(self, given: Json, key: str, where: str) -> int:
        value = given.get(key)
        if value is None:
            return 0
        if isinstance(value, bool) or not isinstance(value, int):
            self._refuse(value, where, key, 'int')
            return 0
        return value

    def _truth(self, given: Json, key: str, where: str) -> bool:
        value = given.get(key)
        if value is None:
            return False
        if not isinstance(value, bool):
            self._refuse(value, where, key, 'bool')
            return False
        return value
