"""Parameters of actions, checked by their JSON schema as far as charms use it.

Source: juju: domain/deployment/charm/actions.go; the words are of juju/gojsonschema.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, cast

Json = dict[str, Any]

_TYPES: Mapping[str, tuple[type, ...]] = {
    'string': (str,),
    'integer': (int,),
    'number': (int, float),
    'boolean': (bool,),
    'array': (list,),
    'object': (dict,),
    'null': (type(None),),
}


_NUMBERS = ('minimum', 'maximum', 'minLength', 'maxLength', 'minItems', 'maxItems')


def malformed(schema: Json, where: str = '') -> Iterator[str]:
    """Yield what in a schema is no schema, so that nothing can be checked by it.

    What is unknown means nothing; neither does ``required`` that is no list, as draft 3 had it.
    """

    def at(key: str) -> str:
        return '.'.join(filter(None, (where, key)))

    kinds: Any = schema.get('type')
    if not all(isinstance(kind, str) for kind in listed(kinds)):
        yield f'{at("type")}: expected the name of a type, or a list of them'
    if not isinstance(schema.get('enum', []), list):
        yield f'{at("enum")}: expected a list'
    for key in _NUMBERS:
        if key in schema and (isinstance(schema[key], bool) or not _is(schema[key], 'number')):
            yield f'{at(key)}: expected a number'
    try:
        re.compile(str(schema.get('pattern', '')))
    except re.error as error:
        yield f'{at("pattern")}: {error}'
    if not isinstance(schema.get('properties', {}), dict):
        yield f'{at("properties")}: expected a mapping'
    for name, each in _properties(schema).items():
        yield from malformed(each, at(name))
    if isinstance(schema.get('items'), dict):
        yield from malformed(schema['items'], at('items'))


def listed(value: Any) -> list[Any]:
    """Return a list as it is, one other thing as a list of one, and nothing as an empty one."""
    return cast('list[Any]', value) if isinstance(value, list) else [value] if value else []


def faults(schema: Json, value: Any, where: str = '(root)') -> Iterator[str]:
    """Yield what is wrong with *value*, each with its place: ``(root).x : …``.

    Args:
        schema: One that is not :func:`malformed`.
        value: What is to be checked.
        where: Its place.
    """
    kinds: list[str] = listed(schema.get('type'))
    if kinds and not any(_is(value, kind) for kind in kinds):
        shown = json.dumps(value, ensure_ascii=False)
        yield f'{where} : must be of type {" or ".join(kinds)}, given {shown}'
        return
    choices = schema.get('enum')
    if choices is not None and value not in choices:
        shown = ', '.join(json.dumps(choice, ensure_ascii=False) for choice in choices)
        yield f'{where} : must match one of the enum values [{shown}]'
    if isinstance(value, dict):
        yield from _object(schema, cast('Json', value), where)
    elif isinstance(value, list):
        yield from _array(schema, cast('list[Any]', value), where)
    elif isinstance(value, str):
        yield from _text(schema, value, where)
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        yield from _number(schema, value, where)


def filled(schema: Json, value: Json) -> Json:
    """Return *value* with the schema's defaults where it says nothing, deeper ones too."""
    found: Json = {}
    for name, each in _properties(schema).items():
        if name in value:
            continue
        below = filled(each, {}) if _properties(each) else {}
        if 'default' in each:
            found[name] = each['default']
        elif below:
            found[name] = below
    for name, each in value.items():
        of = _properties(schema).get(name, {})
        found[name] = filled(of, cast('Json', each)) if isinstance(each, dict) else each
    return found


def _object(schema: Json, value: Json, where: str) -> Iterator[str]:
    properties = _properties(schema)
    for name in listed(schema.get('required')):
        if isinstance(name, str) and name not in value:
            yield f'{where} : "{name}" property is missing and required'
    for name, each in value.items():
        if name in properties:
            yield from faults(properties[name], each, f'{where}.{name}')
        elif schema.get('additionalProperties', True) is False:
            yield f'{where} : additional property "{name}" is not allowed'


def _array(schema: Json, value: list[Any], where: str) -> Iterator[str]:
    if len(value) < schema.get('minItems', 0):
        yield f'{where} : must have at least {schema["minItems"]} items'
    if 'maxItems' in schema and len(value) > schema['maxItems']:
        yield f'{where} : must have at most {schema["maxItems"]} items'
    if isinstance(schema.get('items'), dict):
        for index, each in enumerate(value):
            yield from faults(schema['items'], each, f'{where}.{index}')


def _text(schema: Json, value: str, where: str) -> Iterator[str]:
    if len(value) < schema.get('minLength', 0):
        yield f'{where} : must be at least {schema["minLength"]} characters long'
    if 'maxLength' in schema and len(value) > schema['maxLength']:
        yield f'{where} : must be at most {schema["maxLength"]} characters long'
    if 'pattern' in schema and not re.search(str(schema['pattern']), value):
        yield f'{where} : does not match pattern {schema["pattern"]}'


def _number(schema: Json, value: float, where: str) -> Iterator[str]:
    low, high = schema.get('minimum', value), schema.get('maximum', value)
    if value < low or (schema.get('exclusiveMinimum') and value == low):
        than = 'greater than' if schema.get('exclusiveMinimum') else 'greater than or equal to'
        yield f'{where} : must be {than} {low}'
    if value > high or (schema.get('exclusiveMaximum') and value == high):
        than = 'less than' if schema.get('exclusiveMaximum') else 'less than or equal to'
        yield f'{where} : must be {than} {high}'


def _properties(schema: Json) -> dict[str, Json]:
    found: Any = schema.get('properties')
    if not isinstance(found, dict):
        return {}
    return {k: v for k, v in cast('Json', found).items() if isinstance(v, dict)}


def _is(value: Any, kind: str) -> bool:
    if isinstance(value, bool) and kind != 'boolean':
        return False
    if kind == 'integer' and isinstance(value, float):
        return value.is_integer()
    return isinstance(value, _TYPES.get(kind, (object,)))
