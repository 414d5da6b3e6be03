"""``run``: run an action on units."""

from __future__ import annotations

import re
from typing import Any

from .. import errors, flags
from . import arguments, session, table, tasks

COMMAND = table.command(
    'run',
    '<unit> [<unit> ...] <action-name> [<key>=<value> [<key>[.<key> ...]=<value>]]',
    """\
A unit is an ID such as mysql/0, or mysql/leader. Values are read as YAML unless --string-args is
given, and override those of the --params file.""",
    *table.COLORS,
    *tasks.OPTIONS,
    flags.Flag(('params',), help='Path to yaml-formatted params file'),
    flags.Flag(('string-args',), 'bool', help='Use raw string values of CLI args'),
)
_RECEIVER = re.compile(r'^([a-z][a-z0-9]*(?:-[a-z0-9]*[a-z][a-z0-9]*)*)/(?:0|[1-9][0-9]*|leader)$')
_NAME = re.compile(r'^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$')
_SECONDS = 60.0


def run(session: session.Session) -> int:
    """Queue the action, wait for it and show what it said."""
    receivers, action, rest = _split(session.args)
    if session.flags['wait'] and session.flags['background']:
        raise errors.UsageError('cannot specify both --wait and --background')
    timeout = arguments.seconds(session.parsed, 'wait', _SECONDS)
    queued = session.ask(
        'run',
        receivers=receivers,
        action=action,
        params=_params(session.flags['params'], rest, raw=session.flags['string-args']),
    )
    return tasks.follow(session, queued, timeout, talk=True)


def _split(args: tuple[str, ...]) -> tuple[list[str], str, list[str]]:
    """Return units, action and parameters, in Juju's order of complaints."""
    receivers: list[str] = []
    applications: set[str] = set()
    action = ''
    for arg in args:
        found = _RECEIVER.match(arg)
        if found:
            applications.add(found[1])
            receivers.append(arg)
        elif _NAME.match(arg):
            action = arg
            break
        else:
            raise errors.UsageError(f'invalid unit or action name {flags.quote(arg)}')
    if not receivers:
        raise errors.UsageError('no unit specified')
    if not action:
        raise errors.UsageError('no action specified')
    if len(applications) > 1:
        raise errors.UsageError('all units must be of the same application')
    return receivers, action, list(args[len(receivers) + 1 :])


def _params(path: str, pairs: list[str], *, raw: bool) -> dict[str, Any]:
    """Return the action's parameters: those of the file, overridden by the command line's."""
    params: dict[str, Any] = {}
    if path:
        params = _mapping(arguments.read_file(path))
    for text in pairs:
        key, equals, value = text.partition('=')
        if not equals:
            raise errors.UsageError(
                f'argument {flags.quote(text)} must be of the form key.key.key...=value'
            )
        parts = key.split('.')
        for part in parts:
            if not _NAME.match(part):
                raise errors.UsageError(
                    f'key {flags.quote(part)} must start and end with lowercase alphanumeric, '
                    'and contain only lowercase alphanumeric and hyphens'
                )
        _insert(params, parts, value if raw else _yaml(value))
    return params


def _insert(into: dict[str, Any], keys: list[str], value: Any) -> None:
    *path, last = keys
    for key in path:
        if not isinstance(into.get(key), dict):
            into[key] = {}
        into = into[key]
    into[last] = value


def _mapping(text: str) -> dict[str, Any]:
    value = _yaml(text)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise errors.Error('params must contain a YAML map with string keys')
    return value  # pyright: ignore[reportUnknownVariableType]  # what YAML holds is checked there


def _yaml(text: str) -> Any:
    import yaml

    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        cause = str(error).splitlines()[0]
        raise errors.Error(f'cannot read {flags.quote(text)} as YAML: {cause}') from error
