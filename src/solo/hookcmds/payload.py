"""payload-register, -unregister and -status-set, which Juju had until 3.6, and add-metric.

Whatever tracked payloads is gone from Juju too: they are checked as 3.6 does, and logged.

Source: juju 3.6: worker/uniter/runner/jujuc/payload-*.go, add-metric.go.
"""

from __future__ import annotations

from .. import errors
from . import call as calls
from .call import Call
from .context import Context

_STATUSES = ('running', 'starting', 'stopped', 'stopping')


def register(context: Context, call: Call) -> None:
    """Take note of a payload that the charm started."""
    kind, name, id, *_ = _required(call, 3)
    declared = context.api.payloads(context.id)
    if name not in declared:
        raise errors.Error(f'payload "{name}" not found in metadata.yaml')
    if kind != declared[name]:
        raise errors.Error(
            f'incorrect type "{kind}" for payload "{name}", expected "{declared[name]}"'
        )
    _note(context, f'payload {name}/{id} is running')


def unregister(context: Context, call: Call) -> None:
    """Forget a payload."""
    name, id, *_ = _required(call, 2)
    _note(context, f'payload {name}/{id} is gone')


def status_set(context: Context, call: Call) -> None:
    """Take note of how a payload is."""
    name, id, status, *_ = _required(call, 3)
    if status not in _STATUSES:
        expected = ', '.join(f'"{each}"' for each in _STATUSES)
        raise errors.Error(f'status "{status}" not supported; expected one of [{expected}]')
    _note(context, f'payload {name}/{id} is {status}')


def add_metric(context: Context, call: Call) -> None:
    """Accept metrics: nobody collects them, in Juju either."""
    if not call.args:
        raise errors.UsageError('no metrics specified')
    metrics = calls.pairs(call.args)
    _note(context, 'metrics: ' + ' '.join(f'{key}={value}' for key, value in metrics.items()))


def _required(call: Call, count: int) -> tuple[str, ...]:
    if len(call.args) < count:
        raise errors.UsageError('missing required arguments')
    return call.args


def _note(context: Context, message: str) -> None:
    context.api.log(context.id, 'DEBUG', f'unit.{context.unit.name}.payload', message)
