"""``wait-for``: until an application, a unit, a machine or the model is as the query says.

Source: juju: cmd/juju/waitfor.
"""

from __future__ import annotations

import time
from typing import Any

from .. import errors, flags, names
from . import arguments, query, session, table

COMMAND = table.command(
    'wait-for',
    'application|machine|model|unit <name>',
    """\
The default query is that it is alive and active (a machine: started, a model: available).
    solo wait-for application pg-a --query='status=="active" && len(units)==2'
    solo wait-for application pg-a --query='forEach(units, u => u.workload-status=="active")'""",
    flags.Flag(('query',), help='Query the goal state'),
    flags.Flag(('timeout',), help='How long to wait, by default 10m'),
    flags.Flag(('summary',), 'bool', True, 'Show a summary of the last query on exit'),
)
_DEFAULTS = {
    'application': 'life=="alive" && status=="active"',
    'unit': 'life=="alive" && workload-status=="active"',
    'machine': 'life=="alive" && status=="started"',
    'model': 'life=="alive" && status=="available"',
}
_SECONDS = 600.0


def run(session: session.Session) -> int:
    """Look at the status after each change until the query holds."""
    kind, name = session.parsed.at_most(2)
    if kind not in _DEFAULTS:
        raise errors.UsageError(f'unrecognized command: wait-for {kind}'.rstrip())
    if not name:
        raise errors.UsageError(f'{kind} name must be supplied when waiting for {_article(kind)}')
    holds = query.parse(session.flags['query'] or _DEFAULTS[kind])
    deadline = time.monotonic() + arguments.seconds(session.parsed, 'timeout', _SECONDS)
    model = name if kind == 'model' else session.model
    seen = -1
    while True:
        left = deadline - time.monotonic()
        status: dict[str, Any] = session.call(
            'status', model=model, utc=True, after=seen, timeout=min(max(left, 0.0), 30.0)
        )
        seen = status.get('_change', -1)
        fields = scope(status, kind, name)
        if fields is not None and holds(fields):
            return 0
        if left <= 0:
            if session.flags['summary'] and fields is not None:
                session.say(f'{kind} "{name}": ' + _summary(fields))
            raise errors.Error(f'timed out waiting for "{name}" to reach goal state')


def scope(status: dict[str, Any], kind: str, name: str) -> dict[str, Any] | None:
    """Return the fields that a query may name, or None while there is no such thing."""
    applications: dict[str, Any] = status['applications']
    if kind == 'model':
        info = status['model']['model-status']
        return {
            'name': status['model']['name'],
            'life': 'alive' if info['current'] != 'destroying' else 'dying',
            'status': info['current'],
            'applications': {key: _application(key, each) for key, each in applications.items()},
            'machines': {key: _machine(key, each) for key, each in status['machines'].items()},
        }
    if kind == 'machine':
        machine = status['machines'].get(name)
        return _machine(name, machine) if machine else None
    if kind == 'application':
        return _application(name, applications[name]) if name in applications else None
    owner = applications.get(names.unit(name).application, {})
    unit = owner.get('units', {}).get(name)
    return _unit(name, unit) if unit else None


def _application(name: str, each: dict[str, Any]) -> dict[str, Any]:
    return {
        'name': name,
        'life': each.get('life', 'alive'),
        'status': each['application-status'].get('current', ''),
        'workload-version': each.get('version', ''),
        'charm': each['charm-name'],
        'exposed': each['exposed'],
        'units': {key: _unit(key, unit) for key, unit in each.get('units', {}).items()},
    }


def _unit(name: str, each: dict[str, Any]) -> dict[str, Any]:
    return {
        'name': name,
        'life': each['juju-status'].get('life', 'alive'),
        'workload-status': each['workload-status'].get('current', ''),
        'workload-message': each['workload-status'].get('message', ''),
        'agent-status': each['juju-status'].get('current', ''),
        'machine': each.get('machine', ''),
        'public-address': each.get('public-address', ''),
        'leader': each.get('leader', False),
    }


def _machine(name: str, each: dict[str, Any]) -> dict[str, Any]:
    return {
        'id': name,
        'life': each['juju-status'].get('life', 'alive'),
        'status': each['juju-status'].get('current', ''),
        'address': each.get('dns-name', ''),
    }


def _summary(fields: dict[str, Any]) -> str:
    return ', '.join(f'{key} {value}' for key, value in fields.items() if isinstance(value, str))


def _article(kind: str) -> str:
    return f'an {kind}' if kind == 'application' else f'a {kind}'
