"""juju-log. Source: juju: internal/worker/uniter/runner/jujuc/juju-log.go."""

from __future__ import annotations

from .. import errors
from .call import Call
from .context import Context

_LEVELS = {
    'TRACE': 'TRACE',
    'DEBUG': 'DEBUG',
    'INFO': 'INFO',
    'WARNING': 'WARNING',
    'WARN': 'WARNING',
    'ERROR': 'ERROR',
    'CRITICAL': 'CRITICAL',
}


def log(context: Context, call: Call) -> None:
    """Write a message to the debug log."""
    if not call.args:
        raise errors.UsageError('no message specified')
    module = f'unit.{context.unit.name}.juju-log'
    given = 'DEBUG' if call.flags['debug'] else call.flags['log-level']
    level = _LEVELS.get(given.upper())
    if level is None:
        level = 'INFO'
        context.api.log(
            context.id, 'WARNING', module, f'Specified log level of "{given}" is not valid'
        )
    prefix = f'{context.tag}: ' if context.tag else ''
    context.api.log(context.id, level, module, prefix + ' '.join(call.args))
