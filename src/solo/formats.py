"""How Juju prints values and times: ``smart``, ``yaml`` and ``json`` as Go writes them.

Source: juju: cmd/cmd/output.go; Go's encoding/json, gopkg.in/yaml.v2 and time packages.
"""

from __future__ import annotations

import calendar
import json
import re
import time
from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any, cast

_JSON_ESCAPES = str.maketrans(
    {
        '<': '\\u003c',
        '>': '\\u003e',
        '&': '\\u0026',
        '\u2028': '\\u2028',
        '\u2029': '\\u2029',
    }
)
_DURATION = re.compile(r'(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|ms|s|m|h)')
_SECONDS = {'ns': 1e-9, 'us': 1e-6, 'µs': 1e-6, 'ms': 1e-3, 's': 1.0, 'm': 60.0, 'h': 3600.0}


class Moment(str):
    """A time that YAML shows as one, not as text that looks like one: Go's ``time.Time``."""


def smart(value: Any) -> str:
    """Return *value* as hook commands print it by default: bare text, ``True``, YAML."""
    if value is None:
        return ''
    if isinstance(value, bool):
        return f'{value}\n'
    if isinstance(value, str):
        return f'{value}\n' if value else ''
    if isinstance(value, (list, tuple)):
        items = cast('list[Any]', value)
        if all(isinstance(item, str) for item in items):
            text = '\n'.join(items)
            return f'{text}\n' if text else ''
    return yaml(value)


def json_text(value: Any) -> str:
    """Return *value* as compact JSON with sorted keys and one newline, as Go writes it."""
    text = json.dumps(_plain(value), sort_keys=True, separators=(',', ':'), ensure_ascii=False)
    return text.translate(_JSON_ESCAPES) + '\n'


def yaml(value: Any, *, ordered: bool = False) -> str:
    """Return *value* as YAML in block style, or nothing for None.

    Args:
        value: What to print.
        ordered: Whether keys keep their order, as Go's structs do, or are sorted, as its maps.
    """
    if value is None:
        return ''
    import yaml as pyyaml  # costs 20 ms, and few commands print YAML

    class Dumper(pyyaml.SafeDumper):
        """PyYAML with the quotes of yaml.v2."""

        def check_simple_key(self) -> bool:
            """Let '' be a key as any other, without a question mark."""
            return getattr(self.event, 'value', None) == '' or super().check_simple_key()

    def represent(dumper: Any, text: str) -> pyyaml.ScalarNode:  # PyYAML has no types
        tag = 'tag:yaml.org,2002:str'
        if '\n' in text and text[0] not in ' \n':
            # A block starts with its text; with whitespace first, readers disagree.
            return dumper.represent_scalar(tag, text, style='|')
        is_text = dumper.resolve(pyyaml.ScalarNode, text, (True, False)) == tag
        return dumper.represent_scalar(tag, text, style=None if is_text else '"')

    def moment(dumper: Any, text: str) -> pyyaml.ScalarNode:
        return dumper.represent_scalar('tag:yaml.org,2002:timestamp', str(text))

    Dumper.add_representer(str, represent)
    Dumper.add_representer(Moment, moment)
    text = pyyaml.dump(
        _plain(value),
        Dumper=Dumper,
        default_flow_style=False,
        allow_unicode=True,
        width=2**31,
        sort_keys=not ordered,
    )
    text = text.removesuffix('...\n').rstrip('\n')
    return f'{text}\n' if text else ''


FORMATTERS = {'smart': smart, 'yaml': yaml, 'json': json_text}


def text(value: Any, style: str) -> str:
    """Return *value* in *style*: ``smart``, ``yaml`` or ``json``."""
    return FORMATTERS[style](value)


def go_time(seconds: float) -> str:
    """Return a time as Go's ``Time.String``: ``2006-01-02 15:04:05 +0000 UTC``."""
    return time.strftime('%Y-%m-%d %H:%M:%S +0000 UTC', time.gmtime(seconds))


def logged(line: str) -> tuple[float, str]:
    """Return time and text of a line that begins with a :func:`go_time`."""
    moment, text = line[:19], line.split(' ', 4)[-1]
    return calendar.timegm(time.strptime(moment, '%Y-%m-%d %H:%M:%S')), text


def utc_time(seconds: float) -> str:
    """Return a time as ``--utc`` and ``goal-state`` print it: ``2006-01-02 15:04:05Z``."""
    return time.strftime('%Y-%m-%d %H:%M:%SZ', time.gmtime(seconds))


def rfc3339(seconds: float) -> str:
    """Return a time as ``2006-01-02T15:04:05Z``."""
    return time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime(seconds))


def status_time(seconds: float, *, utc: bool = False) -> str:
    """Return a time as ``status`` prints it: ``02 Jan 2006 15:04:05+01:00``, ``Z`` for UTC.

    Source: juju: cmd/juju/common/format.go.
    """
    if utc:
        return utc_time(seconds)
    moment = datetime.fromtimestamp(seconds, timezone.utc).astimezone()
    offset = moment.strftime('%z')
    zone = 'Z' if offset == '+0000' else f'{offset[:3]}:{offset[3:5]}'
    return moment.strftime('%d %b %Y %H:%M:%S') + zone


def duration(text: str) -> float:
    """Return a Go duration such as ``1h30m`` or ``12.5s`` in seconds; it may be negative.

    Raises:
        ValueError: With Go's words, ``time: invalid duration "x"``.
    """
    body = text[1:] if text[:1] in ('+', '-') else text
    if body == '0':
        return 0.0
    parts = _DURATION.findall(body)
    if not parts or ''.join(number + unit for number, unit in parts) != body:
        raise ValueError(f'time: invalid duration "{text}"')
    total = sum(float(number) * _SECONDS[unit] for number, unit in parts)
    return -total if text.startswith('-') else total


def _plain(value: Any) -> Any:
    """Return *value* made of what both encoders know, floats as Go prints them."""
    if isinstance(value, Mapping):
        items = cast('Mapping[Any, Any]', value)
        return {str(key): _plain(item) for key, item in items.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in cast('list[Any]', value)]
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e21:
        return int(value)
    return value
