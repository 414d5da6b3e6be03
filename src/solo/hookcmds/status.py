"""status-get, status-set and application-version-set.

Source: juju: internal/worker/uniter/runner/jujuc/status-get.go, status-set.go,
application-version-set.go.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .. import errors
from .call import Call
from .context import Context

_ALLOWED = ('maintenance', 'blocked', 'waiting', 'active')


def set_(context: Context, call: Call) -> None:
    """Set the unit's or, as leader, the application's status at once."""
    if not call.args:
        raise errors.UsageError('invalid args, require <status> [message]')
    status, message = call.parsed.at_most(2)
    if status not in _ALLOWED:
        raise errors.UsageError(
            f'invalid status "{status}", expected one of [{" ".join(_ALLOWED)}]'
        )
    is_application = bool(call.flags['application'])
    if is_application:
        _require_leader(context, '')
    context.api.set_status(context.id, status, message, application=is_application)
    context.status_set = context.status_set or not is_application


def get(context: Context, call: Call) -> None:
    """Print the unit's or, as leader, the application's status."""
    call.parsed.at_most(0)
    with_data = bool(call.flags['include-data'])
    is_bare = call.flags['format'] == 'smart' and not with_data
    if call.flags['application']:
        _require_leader(context, 'finding application status: ')
        whole = context.once('status-app', lambda: context.api.application_status(context.id))
        units = {name: _entry(each, with_data) for name, each in whole.get('units', {}).items()}
        details = {**_entry(whole, with_data), 'units': units}
        call.print(whole['status'] if is_bare else {'application-status': details})
        return
    status = context.once('status', lambda: context.api.status(context.id))
    call.print(status['status'] if is_bare else _entry(status, with_data))


def version_set(context: Context, call: Call) -> None:
    """Set the application's version at once."""
    if not call.args:
        raise errors.UsageError('no version specified')
    (version,) = call.parsed.at_most(1)
    context.api.set_workload_version(context.id, version)


def _entry(status: Mapping[str, Any], with_data: bool) -> dict[str, Any]:
    if not with_data:
        return {'status': status['status']}
    return {
        'message': status.get('message', ''),
        'status': status['status'],
        'status-data': dict(status.get('data') or {}),
    }


def _require_leader(context: Context, prefix: str) -> None:
    if not context.is_leader():
        raise errors.Error(f'{prefix}this unit is not the leader')
